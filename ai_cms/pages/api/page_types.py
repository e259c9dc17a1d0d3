"""The page types of the project: what can be created, where, with which fields."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.blocks.fields import BlocksField
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceView
from ai_cms.pages import get_page_model
from ai_cms.pages.services import page_types
from ai_cms.pages.services.page_types import page_type_about

from ...core.jsontypes import JsonObject

__all__ = ["PageTypesView", "field_schema"]

_FORMATS: tuple[tuple[type[Any], JsonObject], ...] = (
    (models.BooleanField, {"type": "boolean"}),
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.TimeField, {"type": "string", "format": "time"}),
    (models.EmailField, {"type": "string", "format": "email"}),
    (models.URLField, {"type": "string", "format": "uri"}),
    (models.UUIDField, {"type": "string", "format": "uuid"}),
    (models.IntegerField, {"type": "integer"}),
    (models.FloatField, {"type": "number"}),
    (models.DecimalField, {"type": "string"}),
    (models.CharField, {"type": "string"}),
    (models.TextField, {"type": "string"}),
    # Drafts hold the name in the storage, publications the address.
    (models.FileField, {"type": "string", "format": "uri-reference"}),
)


class PageTypeSerializer(serializers.Serializer[object]):
    """A page type."""

    name = serializers.CharField(help_text=_("What type is set to when a page is created."))
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    is_default = serializers.BooleanField()
    parent_page_types = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text=_("Null for all.")
    )
    child_page_types = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text=_("Null for all.")
    )
    allowed_blocks = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text=_("Null for all."))
    schema = serializers.DictField(help_text=_("JSON Schema of the object fields of its pages."))


def field_schema(field: models.Field[Any, Any]) -> JsonObject:
    """Return the JSON Schema of a model field's value."""
    if isinstance(field, BlocksField):
        return _named({"type": "array", "items": {"type": "object"}, "x-widget": "blocks"}, field)
    target: Any = field
    found: JsonObject
    if isinstance(field, models.ForeignKey | models.ManyToManyField):
        target = field.target_field
    found = next((dict(schema) for kind, schema in _FORMATS if isinstance(target, kind)), {})
    if isinstance(field, models.ForeignKey):
        found["description"] = str(_("The id of a %(name)s.") % {"name": field.related_model._meta.verbose_name})
    elif isinstance(field, models.ManyToManyField):
        found = {"type": "array", "items": found, "uniqueItems": True}
        found["description"] = str(
            _("The ids of %(names)s.") % {"names": field.related_model._meta.verbose_name_plural}
        )
    elif field.choices:
        found["enum"] = [value for value, _label in field.flatchoices]
    elif field.max_length and found.get("type") == "string":
        found["maxLength"] = field.max_length
    if field.null and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return _named(found, field)


def _named(found: JsonObject, field: models.Field[Any, Any]) -> JsonObject:
    found["title"] = str(field.verbose_name)
    if field.help_text:
        found["description"] = str(field.help_text)
    return found


def describe(model: Any) -> JsonObject:
    """Return a page type as it is shown to clients."""
    fields = model.type_fields()
    required = [field.name for field in fields if not field.blank and not field.has_default()]
    schema: JsonObject = {
        "type": "object",
        "properties": {field.name: field_schema(field) for field in fields},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    lists = {
        name: None if getattr(model, name) is None else list(getattr(model, name))
        for name in ("parent_page_types", "child_page_types", "allowed_blocks")
    }
    return {
        "name": model.type_name(),
        "label": str(model._meta.verbose_name),
        "description": page_type_about(model),
        "is_default": model is get_page_model(),
        **lists,
        "schema": schema,
    }


class PageTypesView(ServiceView):
    """The page types."""

    @extend_schema(
        operation_id="pages_types",
        summary="List the page types",
        description="Not in pages: a project has few.",
        responses=PageTypeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response([describe(model) for model in page_types().values()])
