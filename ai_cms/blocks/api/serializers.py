"""What the views of blocks take and give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ai_cms.blocks.conf import blocks_settings
from ai_cms.core.api.bodies import ActionSerializer

from ..documents.document import is_block_id

__all__ = ["BlockTypeListSerializer", "BlockTypeSerializer", "RenderRequestSerializer", "RenderedSerializer"]


class ChildrenSerializer(serializers.Serializer[object]):
    """Which blocks a block of the type may have inside."""

    allow = serializers.JSONField(help_text='"*" for all types, or a list of types.')
    min = serializers.IntegerField(allow_null=True)
    max = serializers.IntegerField(allow_null=True)


class BlockTypeSerializer(serializers.Serializer[object]):
    """One block type."""

    type = serializers.CharField()
    # Not a class attribute: Field has one of that name.
    icon = serializers.CharField()
    group = serializers.CharField()
    version = serializers.IntegerField(min_value=1)
    schema = serializers.DictField(help_text="JSON Schema of the props.")
    children = ChildrenSerializer(allow_null=True)
    parents = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        allow_null=True,
        help_text='The types it may stand in; "" is the root of the document; null for anywhere.',
    )
    example = serializers.DictField()
    permission = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {
            "type": fields.pop("type"),
            "label": serializers.CharField(),
            **fields,
            "defaults": serializers.DictField(help_text="The values of fields that are not given."),
        }


class BlockTypeListSerializer(serializers.Serializer[object]):
    """All block types, in one page."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = BlockTypeSerializer(many=True)


class RenderBlockSerializer(serializers.Serializer[object]):
    """A block to render. With ``n`` its template is told of so many children and leaves their place empty."""

    id = serializers.RegexField(r"^(?!.*--)[a-z0-9-]{1,64}$", trim_whitespace=False)
    type = serializers.CharField(max_length=64)
    v = serializers.IntegerField(min_value=1, required=False)
    props = serializers.DictField(required=False)
    children = serializers.ListField(child=serializers.DictField(), required=False)
    n = serializers.IntegerField(min_value=0, max_value=2_000, required=False)
    meta = serializers.DictField(required=False)

    def validate_id(self, value: str) -> str:
        # The pattern alone lets a line break at the end through.
        if not is_block_id(value):
            raise serializers.ValidationError("This is no id of a block.", code="bad_id")
        return value


class RenderRequestSerializer(ActionSerializer):
    """Blocks to render, each by itself."""

    mode = serializers.ChoiceField(choices=["public", "preview", "edit"], default="edit")
    page_type = serializers.RegexField(r"^[A-Za-z0-9_-]{1,100}$", required=False)

    def get_fields(self) -> dict[str, Any]:
        # Here, because the limit is a setting. Of two blocks with one id the later counts.
        return {
            "blocks": serializers.ListSerializer(
                child=RenderBlockSerializer(), max_length=blocks_settings.RENDER_MAX_BLOCKS
            ),
            **super().get_fields(),
        }


class BlockErrorSerializer(serializers.Serializer[object]):
    """One thing that is wrong in a block."""

    loc = serializers.ListField(child=serializers.CharField())
    type = serializers.CharField()
    msg = serializers.CharField()


class RenderedSerializer(serializers.Serializer[object]):
    """The HTML of each block, and what was wrong with it, by id."""

    html = serializers.DictField(child=serializers.CharField(allow_blank=True))

    def get_fields(self) -> dict[str, Any]:
        # "errors" is an attribute of every serializer, so the field cannot be declared in the class.
        errors = serializers.DictField(child=serializers.ListField(child=BlockErrorSerializer()))
        return {**super().get_fields(), "errors": errors}
