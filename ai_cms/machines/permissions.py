"""Who sees which bots came: staff with the model permission."""

from __future__ import annotations

from typing import Any

from django.db import models

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from .models import BotDay

__all__ = ["BotDayPolicy", "register_machine_policies"]


class BotDayPolicy(PermissionPolicy[Any]):
    """Figures are for staff; nobody writes them by hand."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        return action == "view" and self._sees(actor)

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset if self._sees(actor) else queryset.none()

    def _sees(self, actor: Actor) -> bool:
        return actor.is_superuser or (actor.is_staff and actor.has_perm("ai_cms_machines.view_botday"))


def register_machine_policies() -> None:
    """Register the policy; called when the apps are ready."""
    register_policy(BotDay, BotDayPolicy())
