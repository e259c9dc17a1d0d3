"""Elements as they are read and written over REST."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ai_cms.pages.api.examples import example
from ai_cms.pages.api.fields import IdField

__all__ = ["ElementCreateSerializer", "ElementSerializer", "ElementUpdateSerializer"]


class ElementSerializer(serializers.Serializer[object]):
    """A block of a page's working document."""

    id = serializers.IntegerField(source="pk", help_text=_("Good as long as the block is on its page."))
    page = serializers.IntegerField(source="page_id")
    page_version = serializers.IntegerField(help_text=_("The page's version; the ETag names it."))
    uid = serializers.CharField(help_text=_("The block's id in the document."))
    parent_uid = serializers.CharField(help_text=_("The block it stands in; empty at the root."))
    type = serializers.CharField()
    props = serializers.DictField()
    order = serializers.IntegerField(help_text=_("The place among its siblings, from 0."))
    depth = serializers.IntegerField()


class _Place(serializers.Serializer[object]):
    parent_uid = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text=_("The block to stand in; empty for the root.")
    )
    after = serializers.CharField(
        required=False, allow_null=True, max_length=64, help_text=_("The sibling before it; null: first.")
    )
    order = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text=_("The place among its siblings, in place of after."),
    )


@extend_schema_serializer(
    examples=[
        example(
            "A heading in front", {"page": 7, "type": "heading", "props": {"text": "Bread", "level": 2}, "order": 0}
        )
    ]
)
class ElementCreateSerializer(_Place):
    """A block to insert."""

    page = IdField()
    type = serializers.CharField(max_length=64)
    props = serializers.DictField(required=False)


class ElementUpdateSerializer(_Place):
    """Props to set, and where to put the block; PUT replaces all props, PATCH those it names."""

    props = serializers.DictField(required=False)


class ElementReplaceSerializer(ElementUpdateSerializer):
    """All props of a block, and where to put it."""

    props = serializers.DictField()
