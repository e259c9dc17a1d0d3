"""Take back what an agent showed to the public, or took from it; and its plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor
from ai_cms.pages.models import AbstractPage, Publication, Revision
from ai_cms.pages.services import publish_page, schedule_page, unpublish_page

from .outcome import Item

__all__ = ["revert_publishing", "revert_schedule"]


def revert_publishing(page: AbstractPage, items: Sequence[Item], *, actor: Actor) -> bool:
    """Have the public see what it saw before ``items`` (the newest first); returns whether that is another thing.

    What a person has published since stays public.
    """
    if page.deleted_at is not None:
        for item in items:
            item.outcome, item.reason = "left", _("The page is in the bin.")
        return False
    shown = Publication.objects.filter(page_id=page.pk).values_list("revision", flat=True).first()
    wanted = shown
    for item in items:
        data = item.act.data
        made, before = (
            (data["revision"], data["replaced"]) if item.act.kind == "published" else (None, data["revision"])
        )
        if wanted != made:
            item.outcome = "left"
            item.reason = (
                _("A person has published it since.") if wanted is not None else _("It has been taken off since.")
            )
            continue
        if before is not None and not Revision.objects.filter(page_id=page.pk, number=before).exists():
            item.outcome, item.reason = "left", _("The history that is needed for it was pruned.")
            continue
        wanted = before
    if wanted == shown:
        return False
    if wanted is None:
        unpublish_page(page, actor=actor)
    else:
        publish_page(page, actor=actor, revision=wanted)
    return True


def revert_schedule(page: AbstractPage, items: Sequence[Item], *, actor: Actor) -> None:
    """Have the plans for a page as they were before ``items`` (the newest first), unless people have made others since."""
    now = timezone.now()
    plan = (page.go_live_at, page.expire_at)
    wanted = plan
    for item in items:
        before, after = item.act.data["before"], item.act.data["after"]
        if wanted != _plan_of(after):
            item.outcome, item.reason = "left", _("It was planned anew since, or is done.")
            continue
        go_live_at, expire_at = _plan_of(before)
        if any(moment is not None and moment <= now for moment in (go_live_at, expire_at)):
            item.outcome, item.reason = "left", _("The time of the plan before it has passed.")
            continue
        wanted = (go_live_at, expire_at)
    if wanted != plan:
        schedule_page(page, actor=actor, go_live_at=wanted[0], expire_at=wanted[1])


def _plan_of(values: dict[str, str | None]) -> tuple[datetime | None, datetime | None]:
    go_live_at, expire_at = (
        parse_datetime(value) if (value := values[name]) else None for name in ("go_live_at", "expire_at")
    )
    return go_live_at, expire_at
