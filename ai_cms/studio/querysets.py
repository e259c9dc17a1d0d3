"""Reads of comments and presences."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.db import models
from django.db.models import Exists, OuterRef, Q

from ai_cms.core.permissions import Actor, ActorLike, get_policy

from .conf import studio_settings

__all__ = ["CommentQuerySet", "PresenceQuerySet"]


class CommentQuerySet(models.QuerySet[Any]):
    """Comments on drafts."""

    def threads(self) -> CommentQuerySet:
        """Return the comments that begin a thread."""
        return self.filter(parent=None)

    def open(self) -> CommentQuerySet:
        """Return the threads that nobody has resolved."""
        return self.threads().filter(resolved_at=None)

    def stamp(self) -> str:
        """Return a word that is another one once something was said, resolved, opened again or deleted."""
        found = self.order_by().aggregate(
            count=models.Count("pk"),
            last=models.Max("pk"),
            open=models.Count("pk", filter=Q(parent=None, resolved_at=None)),
            resolved=models.Max("resolved_at"),
        )
        resolved = found["resolved"]
        moment = "" if resolved is None else resolved.isoformat()
        return f"{found['count']}.{found['last'] or 0}.{found['open']}.{moment}"

    def visible_to(self, user: ActorLike) -> CommentQuerySet:
        """Return the comments on pages whose drafts ``user`` (or an actor) may read."""
        return cast(CommentQuerySet, get_policy(self.model).visible(user, self))

    def waiting_for(self, actor: Actor) -> CommentQuerySet:
        """Return the open threads in which others said the last word to ``actor``, the latest first.

        To whom: whoever is mentioned in one of its comments, has written one, or owns the page.
        """
        user = actor.account
        if user is None:
            return self.none()
        rows: Any = self.model._default_manager
        said = rows.filter(Q(pk=OuterRef("pk")) | Q(parent=OuterRef("pk"))).order_by()
        mine = (
            Q(author=user)
            | Q(page__owner_id=user.pk)
            | Exists(said.filter(author=user))
            | Exists(said.filter(mentions=user))
        )
        found = self.open().visible_to(actor).filter(mine)
        # A thread whose last author is gone is others' too.
        found = found.filter(Q(last_by=None) | ~Q(last_by=user))
        return found.order_by("-last_at", "-pk")


class PresenceQuerySet(models.QuerySet[Any]):
    """Who has a page open."""

    def current(self, now: datetime) -> PresenceQuerySet:
        """Return those who gave a sign lately, as seen at ``now``."""
        return self.filter(seen_at__gt=now - timedelta(seconds=studio_settings.STUDIO_PRESENCE_SECONDS))

    def past(self, now: datetime) -> PresenceQuerySet:
        """Return those who did not."""
        return self.filter(seen_at__lte=now - timedelta(seconds=studio_settings.STUDIO_PRESENCE_SECONDS))
