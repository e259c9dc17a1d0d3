"""Set the times at which an imported page appears and vanishes by itself."""

from __future__ import annotations

from typing import Any

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.exceptions import InvalidSchedule, PublishRefused

from .base import ImportItem, ImportOptions, Notices

__all__ = ["set_schedule"]


def set_schedule(page: Any, item: ImportItem, actor: Actor, options: ImportOptions, notices: Notices) -> None:
    """Have ``page`` published and taken off when the source has it so; nothing where nothing is to be published."""
    if options.drafts or not (item.go_live_at or item.expire_at):
        return
    if (page.go_live_at, page.expire_at) == (item.go_live_at, item.expire_at):
        return
    try:
        services.schedule_page(page, actor=actor, go_live_at=item.go_live_at, expire_at=item.expire_at)
    except (PublishRefused, InvalidSchedule) as error:
        notices.add(f"Its dates were not set: {error}", item=item.label, line=item.line)
