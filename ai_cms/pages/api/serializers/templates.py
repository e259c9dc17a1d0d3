"""Templates as they are read and written over REST."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ai_cms.core.api.bodies import ActionSerializer
from ai_cms.pages.api.examples import BLOCKS, example
from ai_cms.pages.api.fields import DocumentField, IdField, SlugField, StoredDocumentField, UserIdField

from .pages import POSITIONS

__all__ = [
    "FromPageSerializer",
    "InstantiateSerializer",
    "TemplateSerializer",
    "TemplateSummarySerializer",
    "TemplateWriteSerializer",
]


class TemplateSummarySerializer(serializers.Serializer[object]):
    """A template in a list."""

    id = serializers.IntegerField(source="pk", read_only=True)
    name = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    page_type = serializers.CharField(read_only=True, help_text=_("Empty for the plain page."))
    version = serializers.IntegerField(read_only=True)
    owner = UserIdField(source="owner_id")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class TemplateSerializer(TemplateSummarySerializer):
    """A template with its layout."""

    layout_json = StoredDocumentField(read_only=True)


@extend_schema_serializer(examples=[example("Two blocks", {"name": "Recipe", "layout_json": BLOCKS})])
class TemplateWriteSerializer(serializers.Serializer[object]):
    """A template as it is written; meta.locked keeps a block as it is, meta.placeholder says what to write."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(required=False, allow_blank=True, max_length=500)
    page_type = serializers.CharField(required=False, allow_blank=True, max_length=120)
    layout_json = DocumentField(required=False)


class FromPageSerializer(ActionSerializer):
    """The page to make a template of."""

    page = IdField()
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(required=False, allow_blank=True, max_length=500)


class InstantiateSerializer(ActionSerializer):
    """The page to make of a template."""

    title = serializers.CharField(max_length=255)
    parent = IdField(required=False, help_text=_("Default: the home page of the site."))  # type: ignore[assignment]
    slug = SlugField(required=False)
    fields = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text=_("Values of the fields that the page's type adds.")
    )
    position = serializers.ChoiceField(POSITIONS, required=False, default="last-child")
    publish = serializers.BooleanField(required=False, default=False)
