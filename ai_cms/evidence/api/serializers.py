"""What evidence looks like over REST."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ai_cms.core.api.bodies import ActionSerializer

__all__ = [
    "AcceptanceSerializer",
    "ActSerializer",
    "AnswerSerializer",
    "AuthoredSerializer",
    "DossierSerializer",
    "PlanSerializer",
    "ReportQuerySerializer",
    "SelectionSerializer",
    "SummarySerializer",
    "UndoSerializer",
    "VerdictSerializer",
    "VerifySerializer",
    "WaitingSerializer",
]

_TEXT = 200


class ActSerializer(serializers.Serializer[object]):
    """One thing that a program or a model did."""

    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    page = serializers.IntegerField(source="page_id", allow_null=True)
    asset = serializers.IntegerField(source="asset_id", allow_null=True)
    title = serializers.CharField()
    agent = serializers.CharField()
    via = serializers.CharField()
    token = serializers.CharField()
    run = serializers.CharField()
    call = serializers.CharField()
    undo = serializers.IntegerField(source="undo_id", allow_null=True, help_text=_("The undo that took it back."))


class SelectionSerializer(ActionSerializer):
    """Which acts are meant; at least one of run, call, token and agent."""

    run = serializers.CharField(required=False, max_length=64, help_text=_("Id of a run."))
    call = serializers.CharField(required=False, max_length=64, help_text=_("Id of a logged call of a model."))
    token = serializers.CharField(required=False, max_length=64, help_text=_("Id of an API token."))
    agent = serializers.CharField(required=False, max_length=_TEXT, help_text=_("Name of an agent."))
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class UndoSerializer(SelectionSerializer):
    """What to take back."""

    dry_run = serializers.BooleanField(required=False, default=True, help_text=_("Only tell what would be done."))
    expected = serializers.CharField(
        required=False, max_length=64, help_text=_("The digest of the plan that was looked at; 409 for another one.")
    )


class PlanItemSerializer(serializers.Serializer[object]):
    """What becomes of one act."""

    act = serializers.IntegerField()
    kind = serializers.CharField()
    what = serializers.CharField()
    at = serializers.DateTimeField()
    page = serializers.IntegerField(allow_null=True)
    asset = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    agent = serializers.CharField()
    accepted_by = serializers.IntegerField(allow_null=True)
    outcome = serializers.ChoiceField(["reverted", "partly", "left", "nothing"])
    reason = serializers.CharField()
    blocks = serializers.ListField(child=serializers.CharField(), help_text=_("Blocks where something of it stays."))
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), help_text=_("Fields where something of it stays.")
    )


class PlanSerializer(serializers.Serializer[object]):
    """What an undo does, or did."""

    undo = serializers.IntegerField(allow_null=True, help_text=_("Its id; null for a dry run."))
    digest = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    items = PlanItemSerializer(many=True)
    still_public = serializers.ListField(
        child=serializers.IntegerField(),
        help_text=_("Pages whose public text still shows it until they are published."),
    )


class AcceptanceSerializer(serializers.Serializer[object]):
    """Who took the responsibility for what, having been shown what."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    page = serializers.IntegerField()
    page_title = serializers.CharField()
    page_path = serializers.CharField()
    proposal = serializers.IntegerField(allow_null=True)
    proposal_title = serializers.CharField()
    responsible = serializers.DictField(child=serializers.CharField())
    by_policy = serializers.BooleanField()
    asked_by = serializers.CharField()
    agent = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    model = serializers.CharField()
    call = serializers.CharField()
    run = serializers.CharField()
    base_version = serializers.IntegerField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    shown = serializers.ListField(child=serializers.DictField())
    shown_digest = serializers.CharField()
    shown_confirmed = serializers.BooleanField()
    shown_to_person = serializers.CharField()
    changes = serializers.DictField()


class DossierSerializer(serializers.Serializer[object]):
    """How each block of a page came to be, and who answers for it, signed."""

    format = serializers.CharField()
    made_at = serializers.DateTimeField()
    page = serializers.DictField()
    summary = serializers.DictField(child=serializers.IntegerField())
    blocks = serializers.ListField(child=serializers.DictField())
    acceptances = AcceptanceSerializer(many=True)
    seal = serializers.DictField(child=serializers.CharField())


class AnswerSerializer(ActionSerializer):
    """Take the responsibility for what a model wrote on a published page."""

    shown = serializers.RegexField(r"^[0-9a-f]{64}$", help_text=_("The digest of what was looked at."))
    blocks = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=5_000, help_text=_("Only these blocks.")
    )


class WaitingSerializer(serializers.Serializer[object]):
    """What nobody answers for yet."""

    changes = serializers.ListField(child=serializers.DictField())
    shown_digest = serializers.CharField()


class VerifySerializer(ActionSerializer):
    """A record whose seal is to be looked at."""

    record = serializers.DictField()


class VerdictSerializer(serializers.Serializer[object]):
    """Whether a record was signed by this site and is unchanged."""

    valid = serializers.BooleanField()


class ReportQuerySerializer(serializers.Serializer[object]):
    """The filters of the report."""

    site = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    below = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    model = serializers.CharField(required=False, max_length=_TEXT)
    person = serializers.CharField(required=False, max_length=64)
    since = serializers.DateTimeField(required=False)
    unreviewed = serializers.BooleanField(required=False, default=False)


class AuthoredSerializer(serializers.Serializer[object]):
    """A public block that a model wrote."""

    site = serializers.CharField()
    page = serializers.IntegerField()
    title = serializers.CharField()
    path = serializers.CharField()
    block = serializers.CharField()
    type = serializers.CharField()
    model = serializers.CharField()
    call = serializers.CharField()
    written_at = serializers.DateTimeField(allow_null=True)
    edited = serializers.BooleanField()
    reviewed = serializers.BooleanField()
    responsible = serializers.CharField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    acceptance = serializers.UUIDField(allow_null=True)
    text = serializers.CharField()


class ModelSharesSerializer(serializers.Serializer[object]):
    """What one model wrote."""

    model = serializers.CharField()
    blocks = serializers.IntegerField()
    reviewed = serializers.IntegerField()
    unreviewed = serializers.IntegerField()
    edited = serializers.IntegerField()


class SummarySerializer(serializers.Serializer[object]):
    """The figures of the report."""

    pages = serializers.IntegerField()
    blocks = serializers.IntegerField()
    human = serializers.IntegerField()
    imported = serializers.IntegerField()
    rules = serializers.IntegerField()
    model = serializers.IntegerField()
    unknown = serializers.IntegerField()
    by_models = serializers.IntegerField()
    unreviewed = serializers.IntegerField()
    share_unreviewed = serializers.FloatField()
    models = ModelSharesSerializer(many=True)
