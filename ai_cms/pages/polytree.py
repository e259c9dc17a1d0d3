"""Where django-mptt meets django-polymorphic: metaclass, queryset and manager of pages.

This module and :mod:`ai_cms.pages.tree`, which writes the columns, are the only ones that touch their internals.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from mptt.managers import TreeManager
from mptt.models import MPTTModelBase
from mptt.querysets import TreeQuerySet
from polymorphic.base import PolymorphicModelBase
from polymorphic.managers import PolymorphicManager
from polymorphic.query import PolymorphicQuerySet

__all__ = ["TREE_FIELDS", "PageBase", "TreePageManager", "TreePageQuerySet", "base_model"]

#: The columns that only :mod:`ai_cms.pages.tree` writes.
TREE_FIELDS = frozenset({"parent", "site", "path", "lft", "rght", "level", "tree_id"})


class PageBase(MPTTModelBase, PolymorphicModelBase):  # type: ignore[misc]
    """Combine the two metaclasses; plain double inheritance of the models is a metaclass conflict."""


class TreePageQuerySet(TreeQuerySet, PolymorphicQuerySet[Any, Any]):  # type: ignore[misc]
    """Mend what the two libraries do to each other."""

    def only(self, *fields: str) -> Any:
        """Load these fields; the type column is added, without it every row costs a query."""
        return super().only(*fields, "polymorphic_ctype")

    def _as_tree(self) -> Any:
        # Tree methods of a subtype's queryset would return that subtype alone: a post's ancestors are pages.
        base = self.model._tree_manager.tree_model
        return base._default_manager.filter(pk__in=self.order_by().values("pk"))

    def get_ancestors(self, *args: object, **kwargs: object) -> Any:
        """Return the ancestors of all types."""
        queryset = self._as_tree()
        return queryset.model._tree_manager.get_queryset_ancestors(queryset, *args, **kwargs)

    def get_descendants(self, *args: object, **kwargs: object) -> Any:
        """Return the descendants of all types."""
        queryset = self._as_tree()
        return queryset.model._tree_manager.get_queryset_descendants(queryset, *args, **kwargs)


class TreePageManager(TreeManager, PolymorphicManager):  # type: ignore[misc, type-arg]
    """Base of the page managers; ``from_queryset`` sets the queryset class for both libraries."""

    queryset_class: Any = TreePageQuerySet


def base_model(model: type[models.Model]) -> Any:
    """Return the concrete page model at the root of ``model``'s inheritance."""
    return model._tree_manager.tree_model  # type: ignore[attr-defined]
