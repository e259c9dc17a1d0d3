"""Attachments: what somebody sends along with a message, and what a model reads of it.

Where they are kept is the business of a store; the one for assets is registered where ``ai_cms.assets`` is installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Registry
from ai_cms.llm.messages import Part, TextPart

from .conf import chat_settings
from .exceptions import InvalidMessage
from .prompts import fenced

__all__ = ["AttachmentStore", "attached", "attachment_stores", "parts_of"]

#: Characters of one file that a model is given.
MOST_CHARACTERS = 20_000


class AttachmentStore(Protocol):
    """Where attachments are kept."""

    def describe(self, actor: Actor, keys: Sequence[int]) -> list[JsonObject]:
        """Return ``{"asset", "title", "name", "mime", "size"}`` of those that ``actor`` may see, in the order of ``keys``."""

    def text(self, item: JsonObject, most: int) -> str:
        """Return the beginning of a file of text, empty for one of another kind."""

    def picture(self, item: JsonObject) -> Part | None:
        """Return a picture as a model sees it, ``None`` for a file of another kind."""


attachment_stores: Registry[AttachmentStore] = Registry("store of attachments")


def attached(actor: Actor, keys: Sequence[int]) -> list[JsonObject]:
    """Return what is kept of attachments with the message. Raises InvalidMessage for one that the actor may not see."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return []
    if len(wanted) > chat_settings.CHAT_MAX_ATTACHMENTS:
        text = _("At most %(most)d attachments.") % {"most": chat_settings.CHAT_MAX_ATTACHMENTS}
        raise InvalidMessage("attachments", text)
    store = attachment_stores.get("assets")
    found = store.describe(actor, wanted) if store is not None else []
    missing = [key for key in wanted if key not in {item["asset"] for item in found}]
    if missing:
        raise InvalidMessage("attachments", _("There is no file %(key)s.") % {"key": missing[0]})
    return found


def parts_of(items: Sequence[JsonObject], *, vision: bool = False, read: bool = True) -> list[Part]:
    """Return attachments as parts of a message for a model: names and texts as material, pictures where it sees.

    ``read``: false for an estimate, which opens no file and may be made under a lock.
    """
    if not read:
        return [TextPart("x" * min(int(item.get("size") or 0), MOST_CHARACTERS)) for item in items]
    store = attachment_stores.get("assets")
    parts: list[Part] = []
    for item in items:
        text = store.text(item, MOST_CHARACTERS) if store is not None else ""
        head = f"Attached file: {item.get('name', '')} ({item.get('mime', '')})"
        parts.append(TextPart(fenced(f"{head}\n\n{text}" if text else head)))
        picture: Any = store.picture(item) if store is not None and vision else None
        if picture is not None:
            parts.append(picture)
    return parts
