"""The tree of a conversation: which messages lead to one, and which branch is shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from .models import Message

__all__ = ["branch_ids", "branch_of", "latest_leaf"]


def branch_ids(conversation: Any, leaf: UUID | None) -> list[UUID]:
    """Return the keys of the messages from the root to ``leaf``; empty if it is not of this conversation."""
    parents: dict[UUID, UUID | None] = dict(
        Message.objects.filter(conversation_id=conversation.pk).values_list("pk", "parent_id")
    )
    found: list[UUID] = []
    key = leaf
    while key is not None and key in parents and len(found) <= len(parents):
        found.append(key)
        key = parents[key]
    return found[::-1]


def branch_of(conversation: Any, leaf: UUID | None, *, most: int | None = None) -> list[Message]:
    """Return the messages from the root to ``leaf``, the last ``most`` of them, with their authors, agents and runs."""
    keys = branch_ids(conversation, leaf)
    if most is not None:
        keys = keys[-most:]
    rows = Message.objects.select_related("author", "agent", "run").in_bulk(keys)
    return [rows[key] for key in keys]


def latest_leaf(conversation: Any, start: UUID) -> UUID:
    """Return the end of the newest branch that goes through ``start``."""
    children: dict[UUID | None, list[tuple[int, UUID]]] = {}
    rows = Message.objects.filter(conversation_id=conversation.pk).values_list("pk", "parent_id", "number")
    for pk, parent, number in rows:
        children.setdefault(parent, []).append((number, pk))
    key, steps = start, 0
    while children.get(key) and steps <= len(children):
        key = max(children[key])[1]
        steps += 1
    return key
