"""Projects and skills, by Django's own forms."""

from __future__ import annotations

from typing import Any

from django.db.models import JSONField, Model, QuerySet
from django.forms import JSONField as JSONFormField
from django.forms import Textarea
from django.http import HttpRequest

from ai_cms.core.admin import ClearAdmin
from ai_cms.core.permissions import Actor, get_policy

__all__ = ["OwnedAdmin", "ProjectAdmin", "SkillAdmin"]


class OwnedAdmin(ClearAdmin):
    """Ask the policy of the model, whatever Django's permissions say. Who makes a row owns it, unless another is named."""

    raw_id_fields = ["owner"]
    list_select_related = ["owner"]
    readonly_fields = ["created_at", "updated_at"]
    formfield_overrides = {
        JSONField: {"form_class": JSONFormField, "widget": Textarea(attrs={"rows": 12, "spellcheck": "false"})}
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return get_policy(self.model).visible(Actor.from_request(request), super().get_queryset(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return Actor.from_request(request).is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), "view", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), "view" if obj is None else "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is not None and get_policy(self.model).can(Actor.from_request(request), "delete", obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str] | tuple[str, ...]:
        # Whoever could give a row away could put words into somebody's portfolio.
        fields = list(super().get_readonly_fields(request, obj))
        return fields if Actor.from_request(request).is_superuser else [*fields, "owner"]

    def save_model(self, request: HttpRequest, obj: Any, form: object, change: bool) -> None:
        if not change and obj.owner_id is None:
            obj.owner = Actor.from_request(request).account
        super().save_model(request, obj, form, change)


class ProjectAdmin(OwnedAdmin):
    list_display = ["title", "owner", "start_date", "end_date", "updated_at"]
    search_fields = ["title", "description"]


class SkillAdmin(OwnedAdmin):
    list_display = ["name", "category", "level", "years", "owner"]
    list_filter = ["category", "level"]
    search_fields = ["name"]
