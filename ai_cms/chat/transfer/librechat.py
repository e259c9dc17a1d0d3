"""Read LibreChat's export of a conversation.

``messages`` name their parents; with "recursive" each message holds those that follow it in ``children``. The answer of a
model with tools is a list of ``content`` parts. Which branch was shown is not in the file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from ...core.jsontypes import JsonMapping
from .tree import ImportedConversation, ImportedMessage, ImportLimits, Losses, Node, grow, moment

__all__ = ["is_librechat", "read_librechat"]

#: The parent of a first message.
_NONE = "00000000-0000-0000-0000-000000000000"
_LISTS = ("messagesTree", "messages")
#: Parts of an answer that are no text, and what they are called.
_LEFT_OUT = {
    "think": "thoughts of models",
    "tool_call": "tool calls",
    "image_file": "pictures",
    "image_url": "pictures",
    "error": "errors",
    "agent_update": "hand-overs between agents",
    "summary": "summaries",
}


def is_librechat(raw: object) -> bool:
    """Return whether ``raw`` looks like an export of this kind."""
    return isinstance(raw, dict) and "conversationId" in raw and any(isinstance(raw.get(name), list) for name in _LISTS)


def read_librechat(raw: JsonMapping, limits: ImportLimits, losses: Losses) -> ImportedConversation:
    """Return the conversation; what cannot be read of it is left out and counted."""
    options = raw.get("options")
    listed: list[Any] = next(raw[name] for name in _LISTS if isinstance(raw.get(name), list))
    nodes = list(_nodes(listed, losses))
    messages, leaf = grow(nodes, None, limits, losses)
    moments = [message.created_at for message in messages if message.created_at]
    return ImportedConversation(
        key=_text(raw.get("conversationId")),
        title=_text(raw.get("title")),
        messages=messages,
        active_leaf=leaf,
        created_at=min(moments, default=None),
        updated_at=max(moments, default=None),
        model=_text(options.get("model")) if isinstance(options, dict) else "",
    )


def _nodes(listed: list[Any], losses: Losses) -> Iterator[Node]:
    """Yield the places of the tree, flat or nested; those above come first."""
    waiting: deque[tuple[Any, str | None]] = deque((item, None) for item in listed)
    number = 0
    while waiting:
        raw, above = waiting.popleft()
        if not isinstance(raw, dict):
            losses.add("messages of an unknown shape")
            continue
        number += 1
        named = _text(raw.get("parentMessageId"))
        parent = above if above is not None else (named if named and named != _NONE else None)
        key = _text(raw.get("messageId")) or f"message-{number}"
        children = raw.get("children")
        if isinstance(children, list):
            waiting.extend((child, key) for child in children)
        yield Node(key, parent, _message(key, raw, losses))


def _message(key: str, raw: JsonMapping, losses: Losses) -> ImportedMessage | None:
    if raw.get("error") is True:
        losses.add("errors")
        return None
    user = raw.get("isCreatedByUser") is True
    text = _written(raw, losses).strip()
    for name, what in (("files", "files"), ("attachments", "files")):
        given = raw.get(name)
        losses.add(what, len(given) if isinstance(given, list) else 0)
    if not text:
        return None
    model = "" if user else _text(raw.get("model"))
    return ImportedMessage(key, None, "user" if user else "assistant", text, moment(raw.get("createdAt")), model)


def _written(raw: JsonMapping, losses: Losses) -> str:
    """Return the text of a message; an answer in parts often has an empty one beside them."""
    parts = raw.get("content")
    if not isinstance(parts, list):
        return _text(raw.get("text"))
    found = [_part(part, losses) for part in parts]
    return "\n\n".join(filter(None, found)) or _text(raw.get("text"))


def _part(part: object, losses: Losses) -> str:
    if not isinstance(part, dict):
        return ""
    kind = part.get("type")
    if kind == "text":
        text = part.get("text")
        # An assistant of OpenAI's wrapped it.
        return _text(text.get("value") if isinstance(text, dict) else text).strip()
    losses.add(_LEFT_OUT.get(str(kind), "parts of an unknown kind"))
    return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
