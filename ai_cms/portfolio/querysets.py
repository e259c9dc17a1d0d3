"""Reads of projects, skills and résumés."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models

from ai_cms.core.permissions import UserLike, get_policy

__all__ = ["RowManager", "RowQuerySet"]


class RowQuerySet(models.QuerySet[Any]):
    """Rows that belong to somebody."""

    def of_owner(self, owner_id: object) -> RowQuerySet:
        """Return what one person has; nothing for nobody."""
        return self.none() if owner_id is None else self.filter(owner_id=owner_id)

    def visible_to(self, user: UserLike) -> models.QuerySet[Any]:
        """Return what ``user`` (or an actor) may see."""
        return get_policy(self.model).visible(user, self)

    def picked(self, owner_id: object, keys: Sequence[int]) -> list[Any]:
        """Return a person's rows with these keys in their order, those that are gone left out; all of them without keys."""
        rows = self.of_owner(owner_id)
        if not keys:
            return list(rows)
        found = {row.pk: row for row in rows.filter(pk__in=keys)}
        return [found[key] for key in dict.fromkeys(keys) if key in found]


class RowManager(models.Manager.from_queryset(RowQuerySet)):  # type: ignore[misc]
    """The manager of projects, skills and résumés."""
