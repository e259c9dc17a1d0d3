"""Who edits all posts."""

from __future__ import annotations

from django.db.models import Model

from ai_cms.core.permissions import Actor
from ai_cms.pages.permissions import group_names

from .conf import posts_settings

__all__ = ["edits_all_posts", "is_editor"]


def is_editor(actor: Actor) -> bool:
    """Return whether the actor is in one of the groups of ``POSTS_EDITORS``."""
    return actor.is_superuser or not group_names(actor).isdisjoint(posts_settings.POSTS_EDITORS)


def edits_all_posts(actor: Actor, post_type: type[Model]) -> bool:
    """Return whether the actor may change posts of others: as an editor, or as staff with the model permission."""
    meta = post_type._meta
    return is_editor(actor) or (actor.is_staff and actor.has_perm(f"{meta.app_label}.change_{meta.model_name}"))
