"""Reads of agents, conversations and messages."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models import Q

from ai_cms.core.permissions import ActorLike, UserLike, get_policy

__all__ = ["AgentQuerySet", "ConversationQuerySet", "MessageQuerySet"]

#: The models stand above their querysets, and say themselves which model it is.
M = TypeVar("M", bound=models.Model)


class AgentQuerySet(models.QuerySet[M]):
    def of(self, user: UserLike) -> AgentQuerySet[M]:
        """Return the agents of ``user``."""
        return self.filter(owner=user)

    def active(self) -> AgentQuerySet[M]:
        """Return the agents that answer."""
        return self.filter(is_active=True)


class ConversationQuerySet(models.QuerySet[M]):
    def direct(self) -> ConversationQuerySet[M]:
        """Return conversations of one person with an agent."""
        return self.filter(kind="direct")

    def rooms(self) -> ConversationQuerySet[M]:
        """Return rooms."""
        return self.filter(kind="room")

    def joined_by(self, user: UserLike) -> ConversationQuerySet[M]:
        """Return what ``user`` takes part in: own conversations, and rooms as a member."""
        return self.filter(Q(kind="direct", owner=user) | Q(pk__in=self._rooms_of(user)))

    def _rooms_of(self, user: UserLike) -> Any:
        members: type[models.Model] = self.model._meta.get_field("members").related_model  # type: ignore[assignment]
        return members._default_manager.filter(user=user).values("conversation")


class MessageQuerySet(models.QuerySet[M]):
    def alive(self) -> MessageQuerySet[M]:
        """Return messages that are not deleted."""
        return self.filter(deleted_at__isnull=True)

    def open(self) -> MessageQuerySet[M]:
        """Return answers that are not finished: waiting for their turn, being written, or waiting for a person."""
        return self.filter(status__in=("queued", "streaming", "waiting"))

    def visible_to(self, actor: ActorLike) -> MessageQuerySet[M]:
        """Return what ``actor`` may read."""
        visible: Any = get_policy(self.model).visible(actor, self)
        found: MessageQuerySet[M] = visible
        return found
