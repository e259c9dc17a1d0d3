"""Folders, by Django's own forms: there is little to see in one."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest

from ai_cms.assets.models import AbstractFolder
from ai_cms.assets.services import create_folder, delete_folder, update_folder
from ai_cms.core.permissions import Actor, get_policy

from .base import AssetsAdmin

__all__ = ["FolderAdmin"]


class FolderAdmin(AssetsAdmin):
    """Make, rename, move and delete folders."""

    fields = ["name", "parent"]
    list_display = ["name", "parent", "owner"]
    search_fields = ["name"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[AbstractFolder]:
        rows = super().get_queryset(request).select_related("parent", "owner")
        return get_policy(self.model).visible(Actor.from_request(request), rows)

    def save_model(self, request: HttpRequest, obj: AbstractFolder, form: object, change: bool) -> None:
        actor = Actor.from_request(request)
        if change:
            update_folder(obj, actor=actor, name=obj.name, parent=obj.parent)
            return
        made = create_folder(obj.name, actor=actor, parent=obj.parent)
        obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: AbstractFolder) -> None:
        delete_folder(obj, actor=Actor.from_request(request))
