"""Who may do what with assets: owners all with their own, staff by model permission; staff see what is public."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from . import get_asset_model, get_folder_model
from .models import AbstractAsset, LooseFile

__all__ = ["AssetPolicy", "register_asset_policies"]


class AssetPolicy(PermissionPolicy[AbstractAsset]):
    """Decide for assets and folders.

    Staff without the model permission see public assets and folders, to choose from, and change only their own.
    """

    scopes = {**PermissionPolicy.scopes, "download": "read"}
    confined = frozenset({"view", "add"})

    def _has(self, actor: Actor, action: str) -> bool:
        meta = get_asset_model()._meta
        codename = {"download": "view"}.get(action, action)
        return actor.is_superuser or (
            actor.is_staff and actor.has_perm(f"{meta.app_label}.{codename}_{meta.model_name}")
        )

    def decide(self, actor: Actor, action: str, obj: AbstractAsset | None) -> bool:
        if not actor.is_authenticated:
            return False
        if self._has(actor, action) or (action in ("view", "download") and self._has(actor, "change")):
            return True
        if obj is None:
            return action in ("view", "add")
        if obj.owner_id is not None and obj.owner_id == actor.user.pk:
            return action in ("view", "change", "delete", "download", "add")
        return action == "view" and actor.is_staff and getattr(obj, "visibility", "public") == "public"

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not actor.is_authenticated:
            return queryset.none()
        if self._has(actor, "view") or self._has(actor, "change"):
            return queryset
        own = Q(owner_id=actor.user.pk)
        if not actor.is_staff:
            return queryset.filter(own)
        return queryset if queryset.model is get_folder_model() else queryset.filter(own | Q(visibility="public"))


class _StaffPolicy(PermissionPolicy[Any]):
    """Superusers look; the rows are written by services alone."""

    def decide(self, actor: Actor, action: str, obj: object | None) -> bool:
        return actor.is_superuser and action == "view"

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset if actor.is_superuser else queryset.none()


def register_asset_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    policy = AssetPolicy()
    register_policy(get_asset_model(), policy)
    register_policy(get_folder_model(), policy)
    register_policy(LooseFile, _StaffPolicy())
