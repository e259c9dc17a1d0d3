"""Tie lists, feeds and linked data to posts; imported when the app is ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import router
from django.dispatch import receiver

from ai_cms.core.signals import page_deleted, page_restored, page_unpublished

from . import get_post_model
from .announcing import announce_posts
from .extras import extras
from .linked_data import blog_posting
from .recording import record_published
from .records import PostRecord
from .shown import blog_context, post_context

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage, Publication

__all__ = ["published"]


def published(pairs: Sequence[tuple[AbstractPage, Publication]]) -> None:
    """Record posts that were just published, and announce the feeds they are in."""
    record_published(pairs)
    announce_posts((page for page, _publication in pairs), using=router.db_for_write(PostRecord))


def _register(functions: list[Any], function: object) -> None:
    if function not in functions:
        functions.append(function)


_register(extras.after_publishing, published)
_register(extras.post_context, post_context)
_register(extras.blog_context, blog_context)
_register(extras.linked_data, blog_posting)


@receiver(page_unpublished, dispatch_uid="ai_cms_posts.unpublished")
def _unpublished(instance: object, **kwargs: object) -> None:
    if isinstance(instance, get_post_model()):
        announce_posts([instance], using=router.db_for_write(PostRecord))


@receiver([page_deleted, page_restored], dispatch_uid="ai_cms_posts.deleted_or_restored")
def _binned(page_ids: Any, **kwargs: object) -> None:
    posts = get_post_model()._base_manager.filter(pk__in=list(page_ids)[:100], post_record__isnull=False)
    announce_posts(posts, using=router.db_for_write(PostRecord))
