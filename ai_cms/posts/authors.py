"""People as authors, whichever user model there is: what is shown of them, and how they are found."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.models import Q

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import UserLike
from ai_cms.core.users import has_user_field, public_name, public_user_name

__all__ = ["author_condition", "author_json", "author_slug"]


def author_slug(user: UserLike) -> str:
    """Return how a user is named in addresses: by the slug, or the user name where the model has none."""
    return str(getattr(user, "slug", "") or public_user_name(user))


def author_json(user: UserLike | None) -> JsonObject:
    """Return what the public sees of an author; empty texts for a post without one."""
    if user is None:
        return {"id": None, "username": "", "slug": "", "name": ""}
    return {
        "id": user.pk if isinstance(user.pk, int) else str(user.pk),
        "username": public_user_name(user),
        "slug": author_slug(user),
        "name": public_name(user),
    }


def author_condition(slug: str) -> Q:
    """Return the condition that picks the user of a slug as :func:`author_slug` writes it."""
    if has_user_field("slug"):
        return Q(slug=slug)
    return Q(**{get_user_model().USERNAME_FIELD: slug})
