"""Who may see which rows: staff the lists. Readers get passages by ``ai_cms.retrieval.querysets.readable_publications``."""

from __future__ import annotations

from typing import Any

from django.db import models

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from .models import IndexedPublication, Passage, Vector

__all__ = ["IndexPolicy", "register_retrieval_policies"]


class IndexPolicy(PermissionPolicy[Any]):
    """Decide for rows that are made by publishing: staff with the model permission look at them, nobody writes them by hand."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action != "view" or obj is None:
            return False
        return actor.is_superuser or (actor.is_staff and self._sees(actor, type(obj)))

    def restrict(self, actor: Actor, queryset: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
        allowed = actor.is_superuser or (actor.is_staff and self._sees(actor, queryset.model))
        return queryset if allowed else queryset.none()

    def _sees(self, actor: Actor, model: type[models.Model]) -> bool:
        return actor.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def register_retrieval_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    for model in (IndexedPublication, Passage, Vector):
        register_policy(model, IndexPolicy())
