"""Read an export file, whichever program wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, TooLarge

from ...core.jsontypes import JsonMapping
from . import deep_json
from .chatgpt import is_chatgpt, read_chatgpt
from .librechat import is_librechat, read_librechat
from .own import is_own, read_own
from .tree import Export, ImportedConversation, ImportLimits, Losses

__all__ = ["read_export"]

Reader: TypeAlias = Callable[[JsonMapping, ImportLimits, Losses], ImportedConversation]

#: By the name of the program: what its conversations look like, and how one is read.
_PROGRAMS: dict[str, tuple[Callable[[object], bool], Reader]] = {
    "ai_cms": (is_own, read_own),
    "chatgpt": (is_chatgpt, read_chatgpt),
    "librechat": (is_librechat, read_librechat),
}


def read_export(raw: bytes, limits: ImportLimits | None = None) -> Export:
    """Return the conversations of a file: one, a list, or an object with ``conversations``.

    Raises TooLarge, InvalidInput with the code ``invalid_import`` where it is no JSON or of no program that is known.
    What is wrong with one conversation costs nothing but it.
    """
    limits = limits or ImportLimits()
    items = _items(_parsed(raw, limits))
    source = next((name for item in items for name, (fits, _read) in _PROGRAMS.items() if fits(item)), None)
    if source is None:
        raise _refused(_("This is no export of a program that can be read: ChatGPT, LibreChat, or this one."))
    fits, read = _PROGRAMS[source]
    losses = Losses()
    found: list[ImportedConversation] = []
    messages = 0
    for number, item in enumerate(items):
        losses.conversation = ""
        if len(found) >= limits.conversations or messages >= limits.all_messages:
            losses.add("conversations over the limit", len(items) - number)
            break
        if not fits(item):
            losses.add("conversations that cannot be read")
            continue
        title = item.get("title")
        losses.conversation = title[:200] if isinstance(title, str) else ""
        conversation = read(item, limits, losses)
        if not conversation.messages:
            losses.add("conversations without messages")
            continue
        messages += len(conversation.messages)
        found.append(conversation)
    return Export(source, tuple(found), losses.listed())


def _parsed(raw: bytes, limits: ImportLimits) -> Any:
    if len(raw) > limits.bytes:
        raise TooLarge(_("The file is over %(limit)d bytes.") % {"limit": limits.bytes})
    try:
        return deep_json.loads(raw.decode("utf-8-sig"), nesting=limits.nesting)
    except UnicodeDecodeError as error:
        raise _refused(_("The file is not UTF-8 (byte %(position)d).") % {"position": error.start}) from error
    except ValueError as error:
        raise _refused(_("The file is not JSON: %(problem)s.") % {"problem": error}) from error


def _items(parsed: object) -> list[Any]:
    if isinstance(parsed, dict) and isinstance(parsed.get("conversations"), list):
        parsed = parsed["conversations"]
    return parsed if isinstance(parsed, list) else [parsed]


def _refused(detail: str) -> InvalidInput:
    return InvalidInput(detail, code="invalid_import")
