"""The part of a conversation or a room that a page shows: the newest messages, and on demand older ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..branches import branch_ids
from ..models import Message
from ..reading import messages_for, siblings_of

__all__ = ["PAGE", "Window", "window_of"]

#: Messages that are shown at once, and that come with each step back.
PAGE = 40


@dataclass
class Window:
    """Messages in a row, the oldest first."""

    messages: list[Message]
    has_more: bool
    siblings: dict[str, list[str]]


def window_of(conversation: Any, *, first: UUID | None = None, before: UUID | None = None, most: int = PAGE) -> Window:
    """Return the newest messages of what is shown; from ``first`` on, or the ``most`` before ``before``.

    Where a message that is named is not shown (any more), the newest.
    """
    keys = _keys(conversation)
    end = keys.index(before) if before in keys else len(keys)
    start = keys.index(first) if first in keys else max(end - most, 0)
    rows = {row.pk: row for row in messages_for(Message.objects.filter(pk__in=keys[start:end]))}
    messages = [rows[key] for key in keys[start:end] if key in rows]
    siblings = {} if conversation.is_room else siblings_of(conversation, messages)
    return Window(messages, start > 0, siblings)


def _keys(conversation: Any) -> Sequence[UUID]:
    if not conversation.is_room:
        return branch_ids(conversation, conversation.active_leaf)
    rows = Message.objects.filter(conversation=conversation).order_by("number")
    return list(rows.values_list("pk", flat=True))
