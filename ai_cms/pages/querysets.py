"""Reads of pages and publications, one method a question."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ai_cms.core.permissions import get_policy

from .tree import TreePageManager, TreePageQuerySet

__all__ = ["AllPagesManager", "PageManager", "PageQuerySet", "PublicationQuerySet"]


class PageQuerySet(TreePageQuerySet):
    """Pages, deleted ones included unless the manager hides them."""

    def live(self) -> PageQuerySet:
        """Return the pages that are published."""
        return self.filter(published_version__isnull=False)

    def drafts(self) -> PageQuerySet:
        """Return the pages that are not published."""
        return self.filter(published_version__isnull=True)

    def changed(self) -> PageQuerySet:
        """Return the published pages whose draft is ahead of their publication."""
        return self.live().exclude(published_version=models.F("version"))

    def deleted(self) -> PageQuerySet:
        """Return the pages in the bin (only through ``all_objects``)."""
        return self.filter(deleted_at__isnull=False)

    def of_type(self, *page_types: type[models.Model]) -> PageQuerySet:
        """Return the pages of exactly these types."""
        ids = [ContentType.objects.get_for_model(model, for_concrete_model=False).pk for model in page_types]
        return self.filter(polymorphic_ctype_id__in=ids)

    def below(self, page: Any, *, include_self: bool = False) -> PageQuerySet:
        """Return the pages below ``page``."""
        queryset = self.filter(tree_id=page.tree_id, lft__gte=page.lft, rght__lte=page.rght)
        return queryset if include_self else queryset.exclude(pk=page.pk)

    def above(self, page: Any, *, include_self: bool = False) -> PageQuerySet:
        """Return the ancestors of ``page``, the root first."""
        queryset = self.filter(tree_id=page.tree_id, lft__lte=page.lft, rght__gte=page.rght).order_by("lft")
        return queryset if include_self else queryset.exclude(pk=page.pk)

    def visible_to(self, user: Any) -> PageQuerySet:
        """Return the pages whose drafts ``user`` (or an actor) may read."""
        return cast(PageQuerySet, get_policy(self.model).visible(user, self))


class PageManager(TreePageManager.from_queryset(PageQuerySet)):  # type: ignore[misc]
    """The default manager: hides what is in the bin."""

    queryset_class = PageQuerySet

    def get_queryset(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_queryset(*args, **kwargs).filter(deleted_at__isnull=True)


class AllPagesManager(TreePageManager.from_queryset(PageQuerySet)):  # type: ignore[misc]
    """Every page, deleted ones too; also the base manager, so that references to deleted pages resolve."""

    queryset_class = PageQuerySet


class PublicationQuerySet(models.QuerySet[Any]):
    """What the public may read."""

    def public(self, moment: datetime | None = None) -> PublicationQuerySet:
        """Return what can be seen at ``moment``, by default now: not withdrawn with a deleted page, not past its expiry."""
        return self.filter(Q(expire_at=None) | Q(expire_at__gt=moment or timezone.now()), active=True)

    def last_expiry(self, moment: datetime) -> models.Subquery:
        """Return a subquery for the latest expiry among these that has passed at ``moment``; ``NULL`` if none has."""
        passed = self.filter(active=True, expire_at__lte=moment).order_by("-expire_at")
        return models.Subquery(passed.values("expire_at")[:1])

    def at(self, site: Any, path: str) -> PublicationQuerySet:
        """Return the public publication at ``path`` of ``site``."""
        return self.public().filter(site_id=site.pk, path=path)

    def under(self, path: str, *, include_self: bool = False) -> PublicationQuerySet:
        """Return what lies below ``path``."""
        queryset = self.filter(path__startswith=path)
        return queryset if include_self else queryset.exclude(path=path)
