"""What of a conversation is shown: the end of its branch, and where it has others; rooms with one's own place in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ai_cms.core.permissions import Actor

from .branches import branch_ids
from .models import Invitation, Member, Message

__all__ = ["Branch", "messages_for", "rooms_for", "shown_branch", "siblings_of"]

#: Messages that a conversation is opened with.
MOST_SHOWN = 100


@dataclass
class Branch:
    """The messages that are shown, the oldest first."""

    messages: list[Message]
    has_more: bool
    siblings: dict[str, list[str]]

    def to_context(self) -> dict[str, Any]:
        return {"shown": self.messages, "has_more": self.has_more, "siblings": self.siblings}


def messages_for(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return messages with all that is shown of them, in as many queries whatever their number."""
    return rows.select_related("author", "agent", "run").prefetch_related("reactions")


def shown_branch(conversation: Any) -> Branch:
    """Return the end of the branch of ``conversation`` that is shown."""
    keys = branch_ids(conversation, conversation.active_leaf)
    shown = keys[-MOST_SHOWN:]
    rows = {row.pk: row for row in messages_for(Message.objects.filter(pk__in=shown))}
    messages = [rows[key] for key in shown if key in rows]
    return Branch(messages, len(keys) > len(shown), siblings_of(conversation, messages))


def rooms_for(actor: Actor, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return rooms with the actor's place in them and the number of their members."""
    mine = Member.objects.filter(conversation=OuterRef("pk"), user=actor.account)
    asked = Invitation.objects.filter(conversation=OuterRef("pk"), user=actor.account)
    # Not Count() over a join: that groups, and groups have no order.
    counted = Member.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
    counted = counted.annotate(number=Count("pk"))
    found: QuerySet[Any] = rows.annotate(
        my_role=Subquery(mine.values("role")[:1]),
        my_last_read=Subquery(mine.values("last_read")[:1]),
        is_invited=Exists(asked),
        member_count=Coalesce(Subquery(counted.values("number")), 0),
    )
    return found


def siblings_of(conversation: Any, messages: list[Message]) -> dict[str, list[str]]:
    """Return the ids beside each message that is not alone in its place."""
    parents: dict[UUID | None, list[UUID]] = {}
    rows = Message.objects.filter(conversation=conversation).order_by("number").values_list("pk", "parent_id")
    for pk, parent in rows:
        parents.setdefault(parent, []).append(pk)
    found = {row.pk: parents.get(row.parent_id, []) for row in messages}
    return {str(pk): [str(other) for other in others] for pk, others in found.items() if len(others) > 1}
