"""Who sees what agents did, takes it back, and reads who answers for what."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from ai_cms.core.permissions import Actor, PermissionPolicy, get_policy, register_policy
from ai_cms.pages import get_page_model

from .models import Acceptance, Act, Undo

__all__ = ["AcceptancePolicy", "ActPolicy", "UndoPolicy", "register_evidence_policies"]


def _staff_with(actor: Actor, permission: str) -> bool:
    return actor.is_superuser or (actor.is_staff and actor.has_perm(f"ai_cms_evidence.{permission}"))


class ActPolicy(PermissionPolicy[Any]):
    """Staff with the permission see all acts and take them back; everybody those that were done in their own name.

    Taking back is asked of a token's scope ``admin``: an agent does not undo its way out. What is done to each page is
    asked of the page besides.
    """

    scopes = {**PermissionPolicy.scopes, "undo": "admin"}

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if not actor.is_authenticated or action not in ("view", "undo"):
            return False
        if _staff_with(actor, "undo_acts") or (action == "view" and _staff_with(actor, "view_act")):
            return True
        return obj is None or (actor.account is not None and getattr(obj, "user_id", None) == actor.account.pk)

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if _staff_with(actor, "undo_acts") or _staff_with(actor, "view_act"):
            return queryset
        return queryset.filter(user=actor.account) if actor.account is not None else queryset.none()


class UndoPolicy(PermissionPolicy[Any]):
    """Reports of what was taken back: of one's own, or all for staff with the permission."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action != "view" or not actor.is_authenticated:
            return False
        if _staff_with(actor, "undo_acts") or _staff_with(actor, "view_undo") or obj is None:
            return True
        return actor.account is not None and getattr(obj, "user_id", None) == actor.account.pk

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if _staff_with(actor, "undo_acts") or _staff_with(actor, "view_undo"):
            return queryset
        return queryset.filter(user=actor.account) if actor.account is not None else queryset.none()


class AcceptancePolicy(PermissionPolicy[Any]):
    """Who answers for a page is for whoever may read its draft; of pages that are gone, for staff with the permission."""

    def decide(self, actor: Actor, action: str, obj: Acceptance | None) -> bool:
        if action != "view" or not actor.is_authenticated:
            return False
        if obj is None or _staff_with(actor, "view_acceptance"):
            return True
        return obj.page is not None and get_policy(get_page_model()).can(actor, "view", obj.page)

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not actor.is_authenticated:
            return queryset.none()
        if _staff_with(actor, "view_acceptance"):
            return queryset
        pages = get_policy(get_page_model()).visible(actor, get_page_model().all_objects.non_polymorphic().order_by())
        return queryset.filter(Q(page__in=pages.values("pk")))


def register_evidence_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    register_policy(Act, ActPolicy())
    register_policy(Undo, UndoPolicy())
    register_policy(Acceptance, AcceptancePolicy())
