"""Who may see the catalogue and render blocks: everyone who edits documents somewhere."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from ai_cms.blocks.discovery import document_fields
from ai_cms.core.permissions import Actor, get_policy

__all__ = ["EditsDocuments", "edits_documents"]


def edits_documents(actor: Actor) -> bool:
    """Return whether ``actor`` is staff or may add or change rows of any model that has a BlocksField."""
    if actor.is_staff or actor.is_superuser:
        return True
    for model in {model for model, _field in document_fields()}:
        for action in ("add", "change"):
            if get_policy(model).can(actor, action):
                return True
            if actor.has_perm(f"{model._meta.app_label}.{action}_{model._meta.model_name}"):
                return True
    return False


class EditsDocuments(BasePermission):
    """Refuse those who edit nothing."""

    message = _("Only editors may do this.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return edits_documents(Actor.from_request(request))
