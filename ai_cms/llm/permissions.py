"""Who may see and do what with calls, credits, budgets and runs: one's own, staff with the model permission all."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from .models import AgentBudget, AILog, BackendState, CreditAccount, CreditEntry, LLMCall, Run

__all__ = ["CallPolicy", "CreditPolicy", "OwnRowsPolicy", "RunPolicy", "StaffPolicy", "register"]


class OwnRowsPolicy(PermissionPolicy[models.Model]):
    """Everyone views their own rows, staff with the model's view permission all. ``owner``: lookup of the user."""

    owner: ClassVar[str] = "user"

    def sees_all(self, actor: Actor, model: type[models.Model]) -> bool:
        return actor.is_superuser or (
            actor.is_staff and actor.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
        )

    def owns(self, actor: Actor, obj: models.Model) -> bool:
        owner: Any = obj
        *path, last = self.owner.split("__")
        for name in path:
            owner = getattr(owner, name)
        return actor.account is not None and getattr(owner, f"{last}_id") == actor.account.pk

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action != "view" or not actor.is_authenticated:
            return False
        return obj is None or self.owns(actor, obj) or self.sees_all(actor, type(obj))

    def restrict(self, actor: Actor, queryset: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
        if not actor.is_authenticated:
            return queryset.none()
        if self.sees_all(actor, queryset.model):
            return queryset
        return queryset.filter(**{self.owner: actor.account})


class CallPolicy(OwnRowsPolicy):
    """Whoever is logged in may call models, as far as their credits go."""

    scopes: ClassVar[dict[str, str]] = {"view": "read", "add": "propose"}
    confined = frozenset({"view", "add"})

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action == "add":
            return actor.is_authenticated
        return super().decide(actor, action, obj)


class CreditPolicy(OwnRowsPolicy):
    """Granting credits is for staff who may change accounts."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action == "grant":
            return actor.is_superuser or (actor.is_staff and actor.has_perm("ai_cms_llm.change_creditaccount"))
        return super().decide(actor, action, obj)


class EntryPolicy(OwnRowsPolicy):
    owner = "account__user"


class RunPolicy(OwnRowsPolicy):
    """Whoever is logged in may start runs; who started one may cancel it, and staff who may change runs."""

    scopes: ClassVar[dict[str, str]] = {"view": "read", "add": "propose", "cancel": "propose"}
    confined = frozenset({"view", "add", "cancel"})

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action == "add":
            return actor.is_authenticated
        if action == "cancel" and obj is not None:
            if not actor.is_authenticated:
                return False
            return self.owns(actor, obj) or (actor.is_staff and actor.has_perm("ai_cms_llm.change_run"))
        return super().decide(actor, action, obj)


class StaffPolicy(PermissionPolicy[models.Model]):
    """Only staff with the model permission."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        return actor.is_superuser or (actor.is_staff and actor.has_perm(f"ai_cms_llm.{action}_{self.model_name}"))

    def restrict(self, actor: Actor, queryset: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
        return queryset if self.decide(actor, "view", None) else queryset.none()

    def __init__(self, model: type[models.Model]) -> None:
        self.model_name = model._meta.model_name


def register() -> None:
    """Make these policies answer for the models; a host replaces them by registering its own afterwards."""
    register_policy(LLMCall, CallPolicy())
    register_policy(AILog, OwnRowsPolicy())
    register_policy(CreditAccount, CreditPolicy())
    register_policy(CreditEntry, EntryPolicy())
    register_policy(Run, RunPolicy())
    register_policy(AgentBudget, StaffPolicy(AgentBudget))
    register_policy(BackendState, StaffPolicy(BackendState))
