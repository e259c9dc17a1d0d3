"""What somebody may not put into a post: another's name above it, a picture that is not theirs to see."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor, get_policy

from .editors import edits_all_posts

__all__ = ["refused_fields"]


def refused_fields(post: Any, changed: Collection[str], actor: Actor) -> dict[str, list[str]]:
    """Return messages by field for what ``actor`` may not put into ``post``."""
    if actor.is_superuser:
        return {}
    errors: dict[str, list[str]] = {}
    named = {"author": post.author_id not in (None, actor.user.pk), "coauthors": True}
    for name, others in named.items():
        if name in changed and others and not edits_all_posts(actor, type(post)):
            errors[name] = [_("Only editors name other people as authors.")]
    if "thumbnail" in changed and post.thumbnail_id is not None:
        picture = post.thumbnail
        if not get_policy(type(picture)).can(actor, "view", picture):
            field = post._meta.get_field("thumbnail")
            # The words for a picture that does not exist.
            words = field.error_messages["invalid"]
            values = {
                "model": field.remote_field.model._meta.verbose_name,
                "pk": post.thumbnail_id,
                "field": field.remote_field.field_name,
            }
            errors["thumbnail"] = [words % {**values, "value": post.thumbnail_id}]
    return errors
