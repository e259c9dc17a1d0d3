"""Read our own export of a conversation."""

from __future__ import annotations

from typing import Any, cast

from ...core.jsontypes import JsonMapping
from .tree import ImportedConversation, ImportedMessage, ImportedRole, ImportLimits, Losses, Node, grow, moment

__all__ = ["is_own", "read_own"]

#: What each conversation of an export says of itself; a later version is read as far as it is understood.
FORMAT = "ai_cms.chat"
_ROLES = frozenset({"user", "assistant", "tool", "system"})
_FLAGS = ("archived", "pinned")
_TEXTS = ("title", "model", "folder")
#: Lists of a message that have no place in the tree, and what they are called.
_LEFT_OUT = {"attachments": "files", "citations": "sources", "tool_calls": "tool calls"}


def is_own(raw: object) -> bool:
    """Return whether ``raw`` is one conversation of an export of ours."""
    return isinstance(raw, dict) and raw.get("format") == FORMAT and isinstance(raw.get("messages"), list)


def read_own(raw: JsonMapping, limits: ImportLimits, losses: Losses) -> ImportedConversation:
    """Return one conversation; what cannot be read of it is left out and counted."""
    nodes: list[Node] = []
    if raw.get("kind") == "room":
        # What others said in it is theirs.
        losses.add("rooms")
        raw = {**raw, "messages": []}
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
    if raw.get("deleted") is True:
        losses.add("deleted messages")
        return None
    for name, what in _LEFT_OUT.items():
        given = raw.get(name)
        losses.add(what, len(given) if isinstance(given, list) else 0)
    if not content.strip():
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


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
