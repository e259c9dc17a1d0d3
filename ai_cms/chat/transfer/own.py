"""Our own export: written from the neutral tree, and read back into the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from ...core.jsontypes import JsonMapping, JsonObject
from .tree import ImportedConversation, ImportedMessage, ImportedRole, ImportLimits, Losses, Node, grow, moment

__all__ = ["FORMAT", "is_own", "read_own", "write_own"]

#: What each conversation of an export says of itself; a later version is read as far as it is understood.
FORMAT = "ai_cms.chat"
VERSION = 1
_ROLES = frozenset({"user", "assistant", "tool", "system"})
_FLAGS = ("archived", "pinned")
_TEXTS = ("title", "model", "folder")


def write_own(conversation: ImportedConversation) -> JsonObject:
    """Return a conversation as JSON; an export of several is a list of them, or an object with ``conversations``."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": conversation.key,
        **{name: getattr(conversation, name) for name in (*_TEXTS, *_FLAGS)},
        "created_at": _written(conversation.created_at),
        "updated_at": _written(conversation.updated_at),
        "active_leaf": conversation.active_leaf,
        "messages": [
            {
                "id": message.key,
                "parent": message.parent,
                "role": message.role,
                "content": message.text,
                "created_at": _written(message.created_at),
                "model": message.model,
                "name": message.name,
            }
            for message in conversation.messages
        ],
    }


def is_own(raw: object) -> bool:
    """Return whether ``raw`` is one conversation of an export of ours."""
    return isinstance(raw, dict) and raw.get("format") == FORMAT and isinstance(raw.get("messages"), list)


def read_own(raw: JsonMapping, limits: ImportLimits, losses: Losses) -> ImportedConversation:
    """Return one conversation; what cannot be read of it is left out and counted."""
    nodes: list[Node] = []
    for item in raw["messages"]:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            parent = item.get("parent")
            nodes.append(Node(item["id"], parent if isinstance(parent, str) else None, _message(item, losses)))
        else:
            losses.add("messages of an unknown shape")
    leaf = raw.get("active_leaf")
    messages, active = grow(nodes, leaf if isinstance(leaf, str) else None, limits, losses)
    texts: dict[str, str] = {name: _text(raw.get(name)) for name in _TEXTS}
    flags: dict[str, bool] = {name: raw.get(name) is True for name in _FLAGS}
    fields: dict[str, Any] = {**texts, **flags}
    return ImportedConversation(
        key=_text(raw.get("id")),
        messages=messages,
        active_leaf=active,
        created_at=moment(raw.get("created_at")),
        updated_at=moment(raw.get("updated_at")),
        **fields,
    )


def _message(raw: JsonMapping, losses: Losses) -> ImportedMessage | None:
    role, content = raw.get("role"), raw.get("content")
    if role not in _ROLES or not isinstance(content, str):
        losses.add("messages of an unknown shape")
        return None
    return ImportedMessage(
        raw["id"],
        None,
        cast("ImportedRole", role),
        content,
        moment(raw.get("created_at")),
        _text(raw.get("model")),
        _text(raw.get("name")),
    )


def _written(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
