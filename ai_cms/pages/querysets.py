"""Reads of pages and publications, one method a question."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from ai_cms.core.permissions import ActorLike, get_policy

from .polytree import TreePageManager, TreePageQuerySet, base_model

__all__ = ["AllPagesManager", "PageManager", "PageQuerySet", "PublicationQuerySet", "status_condition"]


def status_condition(status: str, *, beside_plan: bool = False) -> Q | None:
    """Return the condition of a page's status as :attr:`AbstractPage.status` derives it; ``None`` for another word.

    ``beside_plan``: as :attr:`AbstractPage.state` does, so that a live page with a plan is found as live too.
    """
    planned = Q(go_live_at__isnull=False)
    live = Q(published_version__isnull=False)
    if not beside_plan:
        live &= ~planned
    expired = Q(expire_at__isnull=False, expire_at__lte=timezone.now())
    same = Q(published_version=F("version"))
    return {
        "draft": Q(published_version__isnull=True) & ~planned,
        "live": live & ~expired & same,
        "changed": live & ~expired & ~same,
        "scheduled": planned,
        "expired": live & expired,
    }.get(status)


class PageQuerySet(TreePageQuerySet):
    """Pages, deleted ones included unless the manager hides them."""

    def non_polymorphic(self) -> PageQuerySet:
        """Return the same pages as rows of the base table; said here for its type."""
        return cast(PageQuerySet, super().non_polymorphic())

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

    def below(self, page: models.Model, *, include_self: bool = False) -> PageQuerySet:
        """Return the pages below ``page``, wherever it stands when the query runs."""
        tree_id, left, right = self._edges(page)
        queryset = self.filter(tree_id=tree_id, lft__gte=left, rght__lte=right)
        return queryset if include_self else queryset.exclude(pk=page.pk)

    def above(self, page: models.Model, *, include_self: bool = False) -> PageQuerySet:
        """Return the ancestors of ``page``, the root first, wherever it stands when the query runs."""
        tree_id, left, right = self._edges(page)
        queryset = self.filter(tree_id=tree_id, lft__lte=left, rght__gte=right).order_by("lft")
        return queryset if include_self else queryset.exclude(pk=page.pk)

    def with_number_below(self) -> PageQuerySet:
        """Return the pages with ``number_below``: how many pages are below each, those in the bin too."""
        rows = base_model(self.model).all_objects.non_polymorphic().order_by()
        below = rows.filter(tree_id=OuterRef("tree_id"), lft__gt=OuterRef("lft"), lft__lt=OuterRef("rght"))
        counted = below.values("tree_id").annotate(number=Count("pk")).values("number")
        found: PageQuerySet = self.annotate(number_below=Coalesce(Subquery(counted), 0))
        return found

    def _edges(self, page: models.Model) -> list[Subquery]:
        """Return subqueries for the tree columns of ``page``: those it was loaded with may be old."""
        row = base_model(self.model).all_objects.non_polymorphic().order_by().filter(pk=page.pk)
        return [Subquery(row.values(name)[:1]) for name in ("tree_id", "lft", "rght")]

    def visible_to(self, user: ActorLike) -> PageQuerySet:
        """Return the pages whose drafts ``user`` (or an actor) may read."""
        return cast(PageQuerySet, get_policy(self.model).visible(user, self))


class PageManager(TreePageManager.from_queryset(PageQuerySet)):  # type: ignore[misc]
    """The default manager: hides what is in the bin."""

    queryset_class = PageQuerySet

    def get_queryset(self, *args: object, **kwargs: object) -> Any:
        return super().get_queryset(*args, **kwargs).filter(deleted_at__isnull=True)


class AllPagesManager(TreePageManager.from_queryset(PageQuerySet)):  # type: ignore[misc]
    """Every page, deleted ones too; also the base manager, so that references to deleted pages resolve."""

    queryset_class = PageQuerySet


class PublicationQuerySet(models.QuerySet[Any]):
    """What the public may read."""

    def public(self, moment: datetime | None = None) -> PublicationQuerySet:
        """Return what can be seen at ``moment``, by default now: not withdrawn with a deleted page, not past its expiry."""
        return self.filter(Q(expire_at=None) | Q(expire_at__gt=moment or timezone.now()), active=True)

    def last_expiry(self, moment: datetime) -> Subquery:
        """Return a subquery for the latest expiry among these that has passed at ``moment``; ``NULL`` if none has."""
        passed = self.filter(active=True, expire_at__lte=moment).order_by("-expire_at")
        return Subquery(passed.values("expire_at")[:1])

    def at(self, site: Any, path: str) -> PublicationQuerySet:
        """Return the public publication at ``path`` of ``site``."""
        return self.public().filter(site_id=site.pk, path=path)

    def under(self, path: str, *, include_self: bool = False) -> PublicationQuerySet:
        """Return what lies below ``path``."""
        queryset = self.filter(path__startswith=path)
        return queryset if include_self else queryset.exclude(path=path)
