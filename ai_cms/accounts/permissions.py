"""Who may see and do what with accounts: everyone with their own, staff with the model permission with all."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.db import models

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from .models import LoginSession, Passkey

__all__ = ["OwnPolicy", "UserPolicy", "register"]


class UserPolicy(PermissionPolicy[models.Model]):
    """See and edit oneself; staff with the permission see and manage all, superusers only if they are one.

    Actions: view, change, delete (oneself too), and for staff ``manage`` (tier, verified, active), ``restore``.
    """

    # Closing an account needs more than a token that writes pages.
    scopes: ClassVar[dict[str, str]] = {"view": "read", "change": "write", "delete": "admin"}

    def has_model_perm(self, actor: Actor, name: str) -> bool:
        options = get_user_model()._meta
        return actor.is_superuser or (
            actor.is_staff and actor.has_perm(f"{options.app_label}.{name}_{options.model_name}")
        )

    def sees_all(self, actor: Actor) -> bool:
        return actor.has_scope("admin") and (self.has_model_perm(actor, "view") or self.has_model_perm(actor, "change"))

    def decide(self, actor: Actor, action: str, obj: Any = None) -> bool:
        if not actor.is_authenticated:
            return False
        if obj is None:
            return action == "view"
        own = actor.account is not None and actor.account.pk == obj.pk
        if action == "view":
            return own or self.sees_all(actor)
        if action in ("change", "delete") and own:
            return True
        if not actor.has_scope("admin") or (obj.is_superuser and not actor.is_superuser):
            return False
        needed = "delete" if action in ("delete", "restore") else "change"
        return action in ("change", "delete", "manage", "restore") and self.has_model_perm(actor, needed)

    def restrict(self, actor: Actor, queryset: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
        if not actor.is_authenticated:
            return queryset.none()
        return queryset if self.sees_all(actor) else queryset.filter(pk=actor.account.pk)


class OwnPolicy(PermissionPolicy[models.Model]):
    """One's own rows and nobody else's: log-ins, passkeys."""

    scopes: ClassVar[dict[str, str]] = {"view": "read", "delete": "write"}

    def decide(self, actor: Actor, action: str, obj: Any = None) -> bool:
        if not actor.is_authenticated or action not in ("view", "delete"):
            return False
        return obj is None or (actor.account is not None and obj.user_id == actor.account.pk)

    def restrict(self, actor: Actor, queryset: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
        return queryset.filter(user=actor.account) if actor.is_authenticated else queryset.none()


def register() -> None:
    """Make these policies answer for the models; a host replaces them by registering its own afterwards."""
    register_policy(get_user_model(), UserPolicy())
    register_policy(LoginSession, OwnPolicy())
    register_policy(Passkey, OwnPolicy())
