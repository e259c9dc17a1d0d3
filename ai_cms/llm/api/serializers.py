"""What clients see of logs, credits, backends and runs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_cms.core.api.bodies import ActionSerializer
from ai_cms.llm.models import AILog, CreditEntry, Run

__all__ = [
    "AILogSerializer",
    "BackendSerializer",
    "CreditAccountSerializer",
    "CreditEntrySerializer",
    "EventSerializer",
    "GrantSerializer",
    "RunDetailSerializer",
    "RunSerializer",
]


class TargetSerializer(serializers.Serializer[object]):
    type = serializers.CharField(help_text="The model, as app_label.model; empty for a mere label.")
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


def target_of(row: Any) -> dict[str, str] | None:
    """Return what a call or run is about, ``None`` if nothing was said."""
    if row.content_type_id is None and not row.target_label:
        return None
    kind = f"{row.content_type.app_label}.{row.content_type.model}" if row.content_type_id is not None else ""
    return {"type": kind, "id": row.object_id, "label": row.target_label}


class AILogSerializer(serializers.ModelSerializer[AILog]):
    call = serializers.UUIDField(source="call_id")
    user = serializers.CharField(source="user_id", allow_null=True, help_text="Id of who asked.")
    target = serializers.SerializerMethodField(help_text="What the call is about.")
    prompt = serializers.ListField(child=serializers.DictField(), help_text="The messages, as far as they are kept.")
    usage_source = serializers.ChoiceField(
        choices=["", "reported", "estimated"], help_text="Where the token counts come from."
    )

    class Meta:
        model = AILog
        fields = [
            "id",
            "call",
            "attempt",
            "is_repair",
            "user",
            "kind",
            "task",
            "agent",
            "target",
            "alias",
            "model_asked",
            "model_answered",
            "prompt",
            "output",
            "tokens_in",
            "tokens_out",
            "tokens_cached",
            "images",
            "usage_source",
            "cost_micro",
            "charged",
            "latency_ms",
            "first_byte_ms",
            "status",
            "error_code",
            "finish_reason",
            "request_id",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields

    @extend_schema_field(TargetSerializer(allow_null=True))
    def get_target(self, row: AILog) -> dict[str, str] | None:
        return target_of(row)


class CreditAccountSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=["text", "image"])
    credits = serializers.IntegerField(help_text="Whole credits that are left and not held by open calls.")
    balance = serializers.IntegerField(help_text="Tokens (text) or images.")
    reserved = serializers.IntegerField(help_text="Tokens or images that open calls hold.")
    available = serializers.IntegerField(help_text="Tokens or images a new call may use.")
    allowance = serializers.IntegerField(help_text="Credits granted each month.")
    unit = serializers.CharField(help_text="What balance, reserved and available count.")
    units_per_credit = serializers.IntegerField()
    renews_on = serializers.DateField(help_text="When the next allowance is granted and what is left of this lapses.")


class CreditEntrySerializer(serializers.ModelSerializer[CreditEntry]):
    account = serializers.CharField(source="account.kind", help_text="text or image")
    call = serializers.UUIDField(source="call_id", allow_null=True)

    class Meta:
        model = CreditEntry
        fields = ["id", "account", "kind", "amount", "tokens", "call", "note", "created_at"]
        read_only_fields = fields


class BackendSerializer(serializers.Serializer[object]):
    alias = serializers.CharField()
    model = serializers.CharField(allow_blank=True)
    is_default = serializers.BooleanField()
    provenance = serializers.ChoiceField(choices=["model", "rules"])
    available = serializers.BooleanField(help_text="False while the circuit breaker is open.")
    streaming = serializers.BooleanField()
    structured = serializers.BooleanField()
    tools = serializers.BooleanField()
    vision = serializers.BooleanField()
    images = serializers.BooleanField()
    embeddings = serializers.BooleanField()
    context_window = serializers.IntegerField(allow_null=True)


class GrantSerializer(ActionSerializer):
    user = serializers.CharField(help_text="Id of the user who gets them.", max_length=64)
    kind = serializers.ChoiceField(choices=["text", "image"])
    credits = serializers.IntegerField(
        min_value=-(10**9), max_value=10**9, help_text="How many; a negative number takes them away."
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class RunErrorSerializer(serializers.Serializer[object]):
    code = serializers.CharField()
    detail = serializers.CharField()


class RunSerializer(serializers.ModelSerializer[Run]):
    user = serializers.CharField(source="user_id", allow_null=True)
    target = serializers.SerializerMethodField(help_text="What the run is about.")
    result = serializers.JSONField(allow_null=True, help_text="What the handler returned.")
    error = serializers.SerializerMethodField(help_text="Why it failed.")

    class Meta:
        model = Run
        fields = [
            "id",
            "handler",
            "user",
            "target",
            "status",
            "text",
            "result",
            "error",
            "last_seq",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    @extend_schema_field(TargetSerializer(allow_null=True))
    def get_target(self, row: Run) -> dict[str, str] | None:
        return target_of(row)

    @extend_schema_field(RunErrorSerializer(allow_null=True))
    def get_error(self, row: Run) -> dict[str, str] | None:
        return {"code": row.error_code, "detail": row.error_detail} if row.error_code else None


class EventSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    event = serializers.CharField()
    data = serializers.JSONField()  # type: ignore[assignment]


class RunDetailSerializer(RunSerializer):
    events = EventSerializer(many=True, required=False, help_text="With ?after=: the events after that number.")

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "events"]
        read_only_fields = fields
