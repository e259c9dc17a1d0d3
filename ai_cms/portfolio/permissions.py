"""Who may do what: everybody has portfolios, projects, skills and résumés of their own; staff by model permission."""

from __future__ import annotations

from typing import Any

from django.db import models

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy
from ai_cms.pages.permissions import PagePolicy

from . import (
    get_portfolio_index_model,
    get_portfolio_model,
    get_project_model,
    get_resume_model,
    get_skill_model,
)
from .models import ResumeProposal

__all__ = ["OwnedRowPolicy", "PortfolioPolicy", "ResumeProposalPolicy", "register_portfolio_policies"]


class PortfolioPolicy(PagePolicy):
    """As pages, and everybody who is logged in may add a portfolio below the page of all portfolios."""

    def decide(self, actor: Actor, action: str, obj: Any | None) -> bool:
        if action == "add" and actor.is_authenticated and (obj is None or isinstance(obj, get_portfolio_index_model())):
            return True
        return super().decide(actor, action, obj)


class OwnedRowPolicy(PermissionPolicy[Any]):
    """Owners do everything with their own rows, and staff what their model permissions say; nobody else sees them."""

    def decide(self, actor: Actor, action: str, obj: Any | None) -> bool:
        if not actor.is_authenticated:
            return False
        if obj is None:
            return action in ("view", "add")
        if obj.owner_id is not None and obj.owner_id == actor.user.pk:
            return action in ("view", "add", "change", "delete")
        return self._has(actor, type(obj), action)

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not actor.is_authenticated:
            return queryset.none()
        if self._has(actor, queryset.model, "view"):
            return queryset
        return queryset.filter(owner_id=actor.user.pk)

    def _has(self, actor: Actor, model: type[models.Model], action: str) -> bool:
        if actor.is_superuser:
            return True
        meta = model._meta
        codes = (action, "change") if action == "view" else (action,)
        return actor.is_staff and any(actor.has_perm(f"{meta.app_label}.{code}_{meta.model_name}") for code in codes)


class ResumeProposalPolicy(OwnedRowPolicy):
    """A proposal is seen with its résumé, and decided by whoever may change that."""

    def decide(self, actor: Actor, action: str, obj: Any | None) -> bool:
        return super().decide(actor, action, None if obj is None else obj.resume)

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not actor.is_authenticated:
            return queryset.none()
        if self._has(actor, get_resume_model(), "view"):
            return queryset
        return queryset.filter(resume__owner_id=actor.user.pk)


def register_portfolio_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    pages = PortfolioPolicy()
    register_policy(get_portfolio_model(), pages)
    register_policy(get_portfolio_index_model(), pages)
    rows = OwnedRowPolicy()
    for model in (get_project_model(), get_skill_model(), get_resume_model()):
        register_policy(model, rows)
    register_policy(ResumeProposal, ResumeProposalPolicy())
