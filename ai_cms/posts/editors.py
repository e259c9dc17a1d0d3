"""Who edits all posts."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from ai_cms.core.permissions import Actor

from .conf import posts_settings

__all__ = ["edits_all_posts", "is_editor"]


def is_editor(actor: Actor) -> bool:
    """Return whether the actor is in one of the groups of ``POSTS_EDITORS``; asked of the database once for each actor."""
    if actor.is_superuser:
        return True
    if "posts_editor" not in actor.memo:
        account: Any = actor.account
        actor.memo["posts_editor"] = bool(
            account is not None
            and actor.is_authenticated
            and account.groups.filter(name__in=posts_settings.POSTS_EDITORS).exists()
        )
    found: bool = actor.memo["posts_editor"]
    return found


def edits_all_posts(actor: Actor, post_type: type[Model]) -> bool:
    """Return whether the actor may change posts of others: as an editor, or as staff with the model permission."""
    meta = post_type._meta
    return is_editor(actor) or (actor.is_staff and actor.has_perm(f"{meta.app_label}.change_{meta.model_name}"))
