"""What the desk puts into the registries of the studio, and what it adds for each app that is installed."""

from __future__ import annotations

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from ..registry import Room, rooms
from .people import may_see_people
from .switcher import register_actions, register_finders
from .waiting import register_panels

# What stands on apps that a site may do without; a module of a room imports its models.
if apps.is_installed("ai_cms.assets"):
    from .media import furnish_media
if apps.is_installed("ai_cms.posts"):
    from .post_list import furnish_posts
if apps.is_installed("ai_cms.portfolio"):
    from .portfolio_list import furnish_portfolios
if apps.is_installed("ai_cms.llm"):
    from .model_runs import furnish_runs

__all__ = ["furnish"]


def furnish() -> None:
    """Register the rooms, panels and finders that stand on pages alone; called when the apps are ready."""
    rooms.register("today", Room(_("Today"), "today", "ai_cms_studio:home"))
    rooms.register("pages", Room(_("Pages"), "pages", "ai_cms_studio:tree"))
    register_panels()
    register_finders()
    if apps.is_installed("ai_cms.posts"):
        furnish_posts()
    if apps.is_installed("ai_cms.portfolio"):
        furnish_portfolios()
    if apps.is_installed("ai_cms.assets"):
        furnish_media()
    if apps.is_installed("ai_cms.chat"):
        rooms.register("chat", Room(_("Chat"), "comment", "ai_cms_chat:index"))
    rooms.register("bin", Room(_("Bin"), "bin", "ai_cms_studio:bin"))
    rooms.register("people", Room(_("People"), "people", "ai_cms_studio:people", may_see_people))
    register_actions()
    if apps.is_installed("ai_cms.llm"):
        furnish_runs()
