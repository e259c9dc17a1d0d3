"""Who reads, writes and publishes the library: staff with the model's permissions; prompts are published by one of their own."""

from __future__ import annotations

from typing import Any

from django.db import models

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from .models import LibraryItem, LibraryKind, LibraryVersion

__all__ = ["LibraryPolicy", "register_assist_policies"]


class LibraryPolicy(PermissionPolicy[Any]):
    """Decide by Django's model permissions; publishing has one of its own, since every model is told what is published."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action not in ("view", "add", "change", "delete", "publish"):
            return False
        if actor.is_superuser:
            return True
        name = f"{action}_libraryitem"
        if action == "publish" and getattr(obj, "kind", "") == LibraryKind.PROMPT:
            # What a task is instructed by is another matter than what it is told.
            name = "publish_prompt"
        return actor.is_staff and actor.has_perm(f"ai_cms_assist.{name}")

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        allowed = self.decide(actor, "view", None) or self.decide(actor, "change", None)
        return queryset if allowed else queryset.none()


def register_assist_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    for model in (LibraryItem, LibraryVersion):
        register_policy(model, LibraryPolicy())
