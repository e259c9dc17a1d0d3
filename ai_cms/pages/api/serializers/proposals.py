"""Proposals as they are read, made and decided over REST."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ai_cms.core.api.bodies import ActionSerializer
from ai_cms.pages.api.examples import OPERATIONS, example
from ai_cms.pages.api.fields import OperationsField, StoredOperationsField, UserIdField
from ai_cms.pages.models import ProposalStatus

from .revisions import BlockChangeSerializer

__all__ = [
    "AcceptSerializer",
    "AcceptedSerializer",
    "ProposalCreateSerializer",
    "ProposalSerializer",
    "ProposalSummarySerializer",
]

STATES = ["pending", "stale", "accepted", "rejected"]


class ProposalSummarySerializer(serializers.Serializer[object]):
    """A proposal in a list."""

    id = serializers.IntegerField(source="pk", read_only=True)
    page = serializers.IntegerField(source="page_id", read_only=True)
    title = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(ProposalStatus.choices, read_only=True)
    base_version = serializers.IntegerField(read_only=True, help_text=_("The page's version it was made for."))
    author = UserIdField(source="author_id")
    agent = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    decided_at = serializers.DateTimeField(read_only=True, allow_null=True)
    decided_by = UserIdField(source="decided_by_id")
    revision = serializers.IntegerField(read_only=True, allow_null=True, help_text=_("The revision it made."))


class ProposalChangeSerializer(BlockChangeSerializer):
    """What one operation of a proposal does."""

    index = serializers.IntegerField()
    operation = serializers.DictField()
    state = serializers.ChoiceField(STATES, help_text=_("Stale: the block was changed since."))


class ProposalFieldSerializer(serializers.Serializer[object]):
    """What a proposal does to a field."""

    name = serializers.CharField()
    before = serializers.JSONField(allow_null=True, help_text=_("The draft's present value."))
    after = serializers.JSONField(allow_null=True)


class ProposalSerializer(ProposalSummarySerializer):
    """A proposal with what it would do to the page as it is now."""

    operations = StoredOperationsField(read_only=True)
    fields = serializers.DictField(read_only=True)  # type: ignore[assignment]
    provenance = serializers.DictField(read_only=True)
    page_version = serializers.IntegerField(read_only=True)
    changes = ProposalChangeSerializer(many=True, read_only=True)
    field_changes = ProposalFieldSerializer(many=True, read_only=True)
    shown_digest = serializers.CharField(
        read_only=True, help_text=_("Of the changes as they are here; send it back as shown when you accept them.")
    )


@extend_schema_serializer(
    examples=[
        example(
            "A better heading",
            {"title": "Shorter", "operations": [OPERATIONS[1]], "fields": {"seo_title": "Better bread"}},
        )
    ]
)
class ProposalCreateSerializer(ActionSerializer):
    """Suggested operations on a page's present document, and new values of its fields."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=255)
    operations = OperationsField(required=False)
    fields = serializers.DictField(required=False)  # type: ignore[assignment]


@extend_schema_serializer(examples=[example("One block of it", {"blocks": ["h7f3a90c51d2be88"], "fields": []})])
class AcceptSerializer(ActionSerializer):
    """Which part of a proposal to accept; nothing named is all of it."""

    blocks = serializers.ListField(
        child=serializers.CharField(max_length=64),
        required=False,
        allow_null=True,
        max_length=5_000,
        help_text=_("Ids of blocks whose operations are wanted."),
    )
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(max_length=100),
        required=False,
        allow_null=True,
        max_length=200,
        help_text=_("Names of fields; where blocks are named, none is the default."),
    )
    keep_rest = serializers.BooleanField(
        required=False,
        default=False,
        help_text=_("What is not named becomes a proposal of its own, which waits; else it is rejected."),
    )
    edits = serializers.DictField(
        child=serializers.DictField(),
        required=False,
        help_text=_("Properties that were changed before accepting, by block id; these changes are yours."),
    )
    shown = serializers.RegexField(
        r"^[0-9a-f]{64}$",
        required=False,
        help_text=_("The shown_digest of what the person looked at, for the record of who answers for it."),
    )


class AcceptedSerializer(ProposalSerializer):
    """A proposal that was accepted, whole or in part."""

    rest = serializers.IntegerField(
        read_only=True, allow_null=True, help_text=_("The proposal that holds what still waits, with keep_rest.")
    )
