"""Who may read and write comments: whoever may read the page's draft."""

from __future__ import annotations

from typing import Any, cast

from ai_cms.core.permissions import Actor, get_policy, register_policy
from ai_cms.pages import get_page_model
from ai_cms.pages.permissions import OfPagePolicy, PagePolicy

from .models import Comment, Presence

__all__ = ["CommentPolicy", "PresencePolicy", "register_studio_policies"]


class CommentPolicy(OfPagePolicy):
    """Comments are read, written and resolved by whoever reads the draft, and deleted by their authors and by those who
    may change the page."""

    scopes = {**OfPagePolicy.scopes, "resolve": "write"}
    page_actions = {"view": "view", "add": "view", "resolve": "view", "delete": "change"}

    def decide(self, actor: Actor, action: str, obj: Any | None) -> bool:
        if super().decide(actor, action, obj):
            return True
        if action != "delete" or obj is None or obj.author_id is None or obj.author_id != actor.user.pk:
            return False
        return self.pages.can(actor, "view", obj.page)


class PresencePolicy(OfPagePolicy):
    """Who is at work on a page is told to whoever reads the draft."""

    page_actions = {"view": "view", "add": "view"}


def register_studio_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    pages = cast(PagePolicy, get_policy(get_page_model()))
    register_policy(Comment, CommentPolicy(pages))
    register_policy(Presence, PresencePolicy(pages))
