"""Say who is at work on a page."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.utils import timezone

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.pages.models import AbstractPage

from ..models import Presence

__all__ = ["keep_present", "leave_page"]

_BLOCK = re.compile(r"[a-z0-9-]{0,64}")


def keep_present(
    page: AbstractPage, *, actor: ActorLike, block_id: str = "", now: datetime | None = None
) -> list[Presence]:
    """Note that the actor has a page open at a block, and return the others who have, the latest first, with their users.

    Raises InvalidInput and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "view", page)
    if not isinstance(block_id, str) or not _BLOCK.fullmatch(block_id):
        raise InvalidInput(errors={"block_id": ["An id is at most 64 of a-z, 0-9 and -."]})
    moment = now or timezone.now()
    rows: Any = Presence.objects.filter(page_id=page.pk)
    if who.account is not None:
        values = {"block_id": block_id, "seen_at": moment}
        # One statement of its own each time, no read before a write: two tabs of one person do not wait for each other.
        if not rows.filter(user=who.account).update(**values):
            Presence.objects.bulk_create(
                [Presence(page_id=page.pk, user=who.account, **values)],
                update_conflicts=True,
                unique_fields=["page", "user"],
                update_fields=["block_id", "seen_at"],
            )
            # Who comes sweeps: the table never holds more than the pages that are open now, and those before.
            Presence.objects.past(moment).delete()
    others = rows.current(moment).select_related("user").order_by("-seen_at", "pk")
    return list(others.exclude(user=who.account) if who.account is not None else others)


def leave_page(page: AbstractPage, *, actor: ActorLike) -> None:
    """Note that the actor has closed a page. Raises what permissions raise."""
    who = Actor.of(actor)
    policy_for(page).require(who, "view", page)
    if who.account is not None:
        Presence.objects.filter(page_id=page.pk, user=who.account).delete()
