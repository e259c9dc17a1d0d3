"""What apps know about users, whichever model they are: what is told of them, and what they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist

from .permissions import UserLike
from .registry import Registry
from .slugs import make_slug

__all__ = ["has_user_field", "public_name", "public_user_name", "user_facts"]

#: Name of a fact to a function of the user that returns a JSON value; it may ask the database once.
user_facts: Registry[Callable[[Any], Any]] = Registry("user fact")


def has_user_field(name: str) -> bool:
    """Return whether the user model in use has a field of this name."""
    try:
        get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def public_name(user: UserLike) -> str:
    """Return the name to be read: the full name, else the user name, else what can be read of the slug; never an e-mail."""
    full = str(getattr(user, "name", "") or "")
    if not full and hasattr(user, "get_full_name"):
        full = str(user.get_full_name())
    return full if full and "@" not in full else public_user_name(user)


def public_user_name(user: UserLike) -> str:
    """Return the user name. An e-mail address, which logs in, is nobody's to read."""
    name = str(getattr(user, "username", "") or "")
    if name and "@" not in name:
        return name
    slug = str(getattr(user, "slug", "") or "")
    # Slugs of accounts end in random digits.
    return slug.rpartition("-")[0] or slug or make_slug(name.partition("@")[0], fallback="user")
