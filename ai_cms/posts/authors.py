"""People as authors, whichever user model there is: what is shown of them, and how they are found."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import UserLike
from ai_cms.core.slugs import make_slug

__all__ = ["author_condition", "author_json", "author_name", "author_slug"]


def _has(field: str) -> bool:
    try:
        get_user_model()._meta.get_field(field)
    except FieldDoesNotExist:
        return False
    return True


def author_slug(user: UserLike) -> str:
    """Return how a user is named in addresses: by the slug, or the user name where the model has none."""
    return str(getattr(user, "slug", "") or _user_name(user))


def author_name(user: UserLike) -> str:
    """Return the name to be read: the full name, else the user name, else what can be read of the slug; never an e-mail."""
    full = str(getattr(user, "name", "") or "")
    if not full and hasattr(user, "get_full_name"):
        full = str(user.get_full_name())
    return full if full and "@" not in full else _user_name(user)


def author_json(user: UserLike | None) -> JsonObject:
    """Return what the public sees of an author; empty texts for a post without one."""
    if user is None:
        return {"id": None, "username": "", "slug": "", "name": ""}
    return {
        "id": user.pk if isinstance(user.pk, int) else str(user.pk),
        "username": _user_name(user),
        "slug": author_slug(user),
        "name": author_name(user),
    }


def author_condition(slug: str) -> Q:
    """Return the condition that picks the user of a slug as :func:`author_slug` writes it."""
    if _has("slug"):
        return Q(slug=slug)
    return Q(**{get_user_model().USERNAME_FIELD: slug})


def _user_name(user: UserLike) -> str:
    """Return the user name. An e-mail address, which logs in, is nobody's to read."""
    name = str(getattr(user, "username", "") or "")
    if name and "@" not in name:
        return name
    slug = str(getattr(user, "slug", "") or "")
    # Slugs of accounts end in random digits.
    return slug.rpartition("-")[0] or slug or make_slug(name.partition("@")[0], fallback="user")
