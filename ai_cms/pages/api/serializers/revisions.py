"""Revisions as they are read over REST."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_cms.pages.api.fields import StoredDocumentField, StoredOperationsField, UserIdField
from ai_cms.pages.models import Revision, RevisionKind

from ....core.jsontypes import JsonObject

__all__ = ["ComparisonSerializer", "RevisionSerializer", "RevisionSummarySerializer"]


class RevisionSummarySerializer(serializers.Serializer[object]):
    """A revision in a page's history."""

    number = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(RevisionKind.choices, read_only=True)
    version = serializers.IntegerField(
        read_only=True, help_text=_("The page's version it made; of a conflict the one the refused write was for.")
    )
    title = serializers.CharField(read_only=True)
    author = UserIdField(source="author_id")
    author_name = serializers.SerializerMethodField()
    agent = serializers.CharField(read_only=True, help_text=_("Agent, importer or command, if no person."))
    message = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def get_author_name(self, revision: Revision) -> str:
        author = revision.author
        return "" if author is None else str(author.get_full_name() or author.get_username())


class RevisionSerializer(RevisionSummarySerializer):
    """A revision with what the page was then."""

    fields = serializers.SerializerMethodField(method_name="get_page_fields")  # type: ignore[assignment]
    content_json = StoredDocumentField(read_only=True)

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_page_fields(self, revision: Revision) -> JsonObject:
        return dict(revision.snapshot)


class FieldChangeSerializer(serializers.Serializer[object]):
    """A field's two values."""

    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class BlockChangeSerializer(serializers.Serializer[object]):
    """What became of one block."""

    op = serializers.ChoiceField(["insert", "update", "move", "remove"])
    block = serializers.CharField(help_text=_("The block's id."))
    type = serializers.CharField()
    before = serializers.DictField(allow_null=True, help_text=_("The block as it was; null where it is new."))
    after = serializers.DictField(allow_null=True, help_text=_("The block as it becomes; null where it goes."))
    text = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2),
        help_text=_("The text word by word: pairs of equal, insert or delete and the words."),
    )


class ComparisonSerializer(serializers.Serializer[object]):
    """What leads from one state of a page to another."""

    from_revision = serializers.IntegerField()
    to_revision = serializers.IntegerField(allow_null=True, help_text=_("Null is the present draft."))
    operations = StoredOperationsField(help_text=_("Applied to the older document they give the newer one."))
    blocks = BlockChangeSerializer(many=True)
    fields = serializers.DictField(child=FieldChangeSerializer())  # type: ignore[assignment]
