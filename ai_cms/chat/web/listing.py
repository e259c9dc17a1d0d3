"""The list beside a conversation: one's conversations, or rooms, found by words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from ai_cms.core.permissions import Actor, get_policy

from .. import get_conversation_model
from ..finding import MOST_WORDS, find_messages
from ..reading import rooms_for

__all__ = ["Listing", "listed"]

#: Entries that the list has at first, and more of with each step.
PAGE = 50
MOST = 1_000


@dataclass
class Listing:
    """What the list shows."""

    kind: str
    entries: list[Any]
    query: str
    archived: bool
    more: int
    found: list[Any]

    @property
    def pinned(self) -> list[Any]:
        return [row for row in self.entries if row.is_pinned and self.kind == "conversations"]

    @property
    def others(self) -> list[Any]:
        return [row for row in self.entries if not (row.is_pinned and self.kind == "conversations")]

    @property
    def folders(self) -> list[tuple[str, list[Any]]]:
        """What is not pinned, by folder: those without one first."""
        found: dict[str, list[Any]] = {"": []}
        for row in self.others:
            found.setdefault(row.folder if self.kind == "conversations" else "", []).append(row)
        return [(name, found[name]) for name in sorted(found, key=str.casefold) if found[name]]

    @property
    def unread(self) -> int:
        return sum(row.unread for row in self.entries) if self.kind == "rooms" else 0


def listed(actor: Actor, kind: str, asked: Mapping[str, Any]) -> Listing:
    """Return the list that is asked for by ``q`` (words), ``archived`` and ``show`` (a number of entries)."""
    query = " ".join(str(asked.get("q", ""))[:200].replace("\x00", "").split()[:MOST_WORDS])
    archived = asked.get("archived") == "1"
    show = str(asked.get("show", ""))
    most = min(int(show), MOST) if show.isascii() and show.isdecimal() and len(show) < 6 else PAGE
    model = get_conversation_model()
    rows: Any = get_policy(model).visible(actor, model.objects.filter(is_archived=archived))
    for word in query.split():
        rows = rows.filter(Q(title__icontains=word) | Q(description__icontains=word))
    if kind == "rooms":
        rows = rooms_for(actor, rows.rooms())
    else:
        rows = rows.direct().select_related("agent").order_by("-is_pinned", "-last_message_at", "-pk")
    entries = list(rows[: most + 1])
    for row in entries if kind == "rooms" else ():
        row.unread = 0 if row.my_last_read is None else max(0, row.last_number - row.my_last_read)
    found = []
    if query and kind == "conversations":
        messages = find_messages(actor, query)
        shown = [messages.shown(row) for row in messages.rows.filter(conversation__kind="direct")[:20]]
        titles = {str(row.pk) for row in entries}
        found = [item for item in shown if str(item["conversation"]) not in titles]
    more = most + PAGE if len(entries) > most else 0
    return Listing(kind, entries[:most], query, archived, more, found)
