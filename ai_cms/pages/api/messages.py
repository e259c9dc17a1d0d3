"""Sentences that several views say."""

from __future__ import annotations

from django.utils.translation import gettext as _

__all__ = ["no_such_page", "required"]


def no_such_page() -> str:
    """Return what is said of a page that does not exist or is hidden: nobody learns which."""
    return _("There is no such page.")


def required() -> str:
    """Return what is said of a field that is missing."""
    return _("This field is required.")
