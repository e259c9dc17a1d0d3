"""Posts follow what happens elsewhere: a first publication, a picture that changes or goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.dispatch import receiver

from ai_cms.assets import get_image_model
from ai_cms.blocks.html.references import Use, use_counters, use_finders
from ai_cms.core.signals import asset_changed, asset_deleted, page_published, site_imported
from ai_cms.pages.models import Publication

from . import get_post_model
from .services.refreshing import published_with, refresh_posts

__all__ = ["counts_of_drafts", "drafts_with_picture"]


@receiver(page_published, dispatch_uid="ai_cms_posts.posted")
def _posted(instance: object, publication: Publication, **kwargs: object) -> None:
    """Put the post where its first publication belongs."""
    if isinstance(instance, get_post_model()) and instance.posted_at != publication.first_published_at:
        instance.posted_at = publication.first_published_at
        get_post_model()._base_manager.filter(pk=instance.pk).update(posted_at=publication.first_published_at)


@receiver(site_imported, dispatch_uid="ai_cms_posts.imported")
def _imported(instance: Any, **kwargs: object) -> None:
    """Put the posts of an imported site where they were: an export has the dates that ``posted_at`` is made of."""
    model: Any = get_post_model()
    posts = model._base_manager.filter(site_id=instance.pk).order_by()
    first = Publication.objects.filter(page_id=OuterRef("pk")).values("first_published_at")[:1]
    rows = posts.annotate(posted=Coalesce(Subquery(first), "created_at")).values_list("pk", "posted")
    changed = [model(pk=pk, posted_at=moment) for pk, moment in rows]
    models.QuerySet(model).bulk_update(changed, ["posted_at"], batch_size=500)


@receiver(asset_changed, dispatch_uid="ai_cms_posts.picture_changed")
def _changed(instance: Any, **kwargs: object) -> None:
    refresh_posts(published_with("thumbnail", str(instance.pk)))


@receiver(asset_deleted, dispatch_uid="ai_cms_posts.picture_deleted")
def _deleted(reference: str, **kwargs: object) -> None:
    refresh_posts(published_with("thumbnail", reference.partition(":")[2]))


def drafts_with_picture(reference: str) -> Iterator[Use]:
    """Yield the drafts of posts that have the asset ``reference`` as their picture."""
    kind, _colon, key = reference.partition(":")
    if kind != "asset" or not key.isdecimal() or not get_image_model()._base_manager.filter(pk=int(key)).exists():
        return
    for post in get_post_model().objects.non_polymorphic().filter(thumbnail_id=int(key)).order_by("title", "pk"):
        yield Use("draft", post.title, post)


def counts_of_drafts(references: Collection[str]) -> dict[str, Counter[str]]:
    """Return by reference of how many drafts it is the picture; one query, however many there are."""
    keys = {int(key): name for name in references if (key := name.removeprefix("asset:")).isdecimal() and len(key) < 19}
    rows = get_post_model().objects.non_polymorphic().order_by().filter(thumbnail_id__in=keys).values("thumbnail_id")
    counted = rows.annotate(number=Count("pk")).values_list("thumbnail_id", "number")
    return {keys[key]: Counter(draft=number) for key, number in counted}


use_finders.register("posts", drafts_with_picture)
use_counters.register("posts", counts_of_drafts)
