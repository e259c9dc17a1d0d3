"""Set the times at which an imported page appears and vanishes by itself."""

from __future__ import annotations

from typing import Any

from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import InvalidSchedule, PublishRefused

from .base import ImportItem, ImportOptions, Notices

__all__ = ["follow_expiry", "set_schedule"]


def set_schedule(page: Any, item: ImportItem, actor: Actor, options: ImportOptions, notices: Notices) -> None:
    """Have ``page`` published when the source has it so; nothing where nothing is to be published.

    An expiry without that is set as the page is made.
    """
    if options.drafts or item.go_live_at is None or page.go_live_at == item.go_live_at:
        return
    try:
        services.schedule_page(page, actor=actor, go_live_at=item.go_live_at, expire_at=item.expire_at)
    except (PublishRefused, InvalidSchedule) as error:
        notices.add(f"Its dates were not set: {error}", item=item.label, line=item.line)


def follow_expiry(page_id: int, before: object, now: object, item: ImportItem, actor: Actor) -> None:
    """Give a page the end that the source has for it now, where the source changed it; one that people set stays.

    ``before`` and ``now``: the end as it was remembered, and as it is.
    """
    page = get_page_model().objects.get(pk=page_id)
    known = page.expire_at.isoformat() if page.expire_at is not None else None
    if before != now and known in (before, None) and page.go_live_at is None:
        services.schedule_page(page, actor=actor, expire_at=item.expire_at)
