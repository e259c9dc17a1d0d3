"""The shapes of what the REST interface of chat reads and writes."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from ai_cms.chat import get_agent_model, get_conversation_model
from ai_cms.chat.models import (
    BudgetSpan,
    ConversationKind,
    ConversationShare,
    Message,
    MessageRole,
    MessageStatus,
    ToolApproval,
)
from ai_cms.core.api.bodies import ActionSerializer
from ai_cms.core.jsontypes import JsonObject

from ..prompts import name_of
from ..toolwork import arguments_of

__all__ = [
    "AgentSerializer",
    "ApprovalSerializer",
    "ContentSerializer",
    "ConversationDetailSerializer",
    "ConversationFileSerializer",
    "ConversationSerializer",
    "DecisionSerializer",
    "FoundSerializer",
    "GaugeSerializer",
    "MessageSerializer",
    "NewMessageSerializer",
    "NewShareSerializer",
    "OtherAgentSerializer",
    "ReactionRequestSerializer",
    "RoomMessageSerializer",
    "SendMessageSerializer",
    "SentSerializer",
    "ShareSerializer",
    "StoppedSerializer",
    "TakenInSerializer",
    "ToolSerializer",
]


class AgentSerializer(serializers.ModelSerializer[Any]):
    """An agent of one's own."""

    owner = serializers.CharField(source="owner_id", read_only=True, help_text="Id of whose it is.")
    tools = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=100)
    # With bounds of their own: those of the columns differ by database.
    max_tokens = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)
    budget = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=10**12, help_text="Credits of all its calls together."
    )
    budget_period = serializers.ChoiceField(choices=BudgetSpan.choices, required=False)
    is_default = serializers.BooleanField(required=False, help_text="True makes it the default in place of the other.")

    class Meta:
        model = get_agent_model()
        fields = [
            "id", "owner", "name", "description", "llm_provider", "model", "temperature", "max_tokens", "system_prompt",
            "personality", "tools", "budget", "budget_period", "is_default", "is_active", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["id", "created_at", "updated_at"]
        # The service asks, under a lock.
        validators: list[Any] = []


class ToolCallSerializer(serializers.Serializer[object]):
    """A call of a tool that an answer has made."""

    id = serializers.CharField()
    name = serializers.CharField()
    arguments = serializers.CharField(help_text="As the model wrote them.")
    state = serializers.ChoiceField(choices=["new", "waiting", "done"])
    ok = serializers.BooleanField(required=False)
    result = serializers.CharField(required=False)


class AttachmentSerializer(serializers.Serializer[object]):
    """A file that was sent along."""

    asset = serializers.IntegerField()
    title = serializers.CharField()
    name = serializers.CharField()
    mime = serializers.CharField()
    size = serializers.IntegerField()


class ReactionSerializer(serializers.Serializer[object]):
    """An emoji and who put it on."""

    emoji = serializers.CharField()
    count = serializers.IntegerField()
    mine = serializers.BooleanField()


@extend_schema_serializer(component_name="ChatMessage")
class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message. Of an answer that is being written ``content`` is what there is so far."""

    conversation = serializers.UUIDField(source="conversation_id", read_only=True)
    parent = serializers.UUIDField(source="parent_id", read_only=True, allow_null=True)  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=MessageRole.choices, read_only=True)
    status = serializers.ChoiceField(choices=MessageStatus.choices, read_only=True)
    author = serializers.CharField(source="author_id", read_only=True, allow_null=True)
    author_name = serializers.SerializerMethodField()
    agent = serializers.UUIDField(source="agent_id", read_only=True, allow_null=True)
    agent_name = serializers.SerializerMethodField()
    content = serializers.CharField(source="live_content", read_only=True)
    attachments = serializers.SerializerMethodField()
    tool_calls = serializers.SerializerMethodField()
    citations = serializers.ListField(child=serializers.DictField(), read_only=True)
    run = serializers.UUIDField(source="run_id", read_only=True, allow_null=True)
    reactions = serializers.SerializerMethodField()
    is_deleted = serializers.BooleanField(read_only=True)

    class Meta:
        model = Message
        fields = [
            "id", "conversation", "number", "change", "parent", "role", "author", "author_name", "agent", "agent_name",
            "content", "attachments", "status", "error_code", "error_detail", "tool_calls", "citations", "tokens_used",
            "model", "finish_reason", "run", "client_id", "reactions", "is_deleted", "edited_at", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_author_name(self, row: Message) -> str:
        return name_of(row.author) if row.role == MessageRole.USER else ""

    def get_agent_name(self, row: Message) -> str:
        return row.agent.name if row.agent is not None else ""

    @extend_schema_field(AttachmentSerializer(many=True))
    def get_attachments(self, row: Message) -> list[JsonObject]:
        return list(row.attachments)

    @extend_schema_field(ToolCallSerializer(many=True))
    def get_tool_calls(self, row: Message) -> list[JsonObject]:
        known = ("id", "name", "arguments", "state", "ok", "result")
        return [{key: call[key] for key in known if key in call} for item in row.rounds for call in item["calls"]]

    @extend_schema_field(ReactionSerializer(many=True))
    def get_reactions(self, row: Message) -> list[JsonObject]:
        request = self.context.get("request")
        me = getattr(getattr(request, "user", None), "pk", None)
        found: dict[str, JsonObject] = {}
        for reaction in row.reactions.all():
            entry = found.setdefault(reaction.emoji, {"emoji": reaction.emoji, "count": 0, "mine": False})
            entry["count"] += 1
            entry["mine"] = entry["mine"] or reaction.user_id == me
        return list(found.values())


class ConversationSerializer(serializers.ModelSerializer[Any]):
    """A conversation without its messages."""

    kind = serializers.ChoiceField(choices=ConversationKind.choices, read_only=True)
    owner = serializers.CharField(source="owner_id", read_only=True, allow_null=True)
    agent = serializers.UUIDField(source="agent_id", required=False, allow_null=True)
    agent_name = serializers.SerializerMethodField()
    message_count = serializers.IntegerField(source="last_number", read_only=True)
    retention_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=36_500,
        help_text="Deleted after so many days of silence.",
    )

    class Meta:
        model = get_conversation_model()
        fields = [
            "id", "kind", "owner", "title", "agent", "agent_name", "folder", "is_pinned", "is_archived", "retention_days",
            "message_count", "last_change", "last_message_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["id", "last_change", "last_message_at", "created_at", "updated_at"]

    def get_agent_name(self, row: Any) -> str:
        return row.agent.name if row.agent is not None else ""


class ConversationDetailSerializer(ConversationSerializer):
    """A conversation with the end of the branch that is shown."""

    active_leaf = serializers.UUIDField(read_only=True, allow_null=True)
    messages = serializers.SerializerMethodField(help_text="The last of the branch that is shown, the oldest first.")
    has_more = serializers.SerializerMethodField(help_text="Whether the branch has messages before those.")
    siblings = serializers.SerializerMethodField(
        help_text="By the id of a message that is shown: the ids of all messages in its place, itself among them."
    )

    class Meta(ConversationSerializer.Meta):
        fields = [*ConversationSerializer.Meta.fields, "active_leaf", "messages", "has_more", "siblings"]

    @extend_schema_field(MessageSerializer(many=True))
    def get_messages(self, row: Any) -> list[JsonObject]:
        shown: Any = MessageSerializer(self.context["shown"], many=True, context=self.context).data
        return list(shown)

    def get_has_more(self, row: Any) -> bool:
        return bool(self.context["has_more"])

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}})
    def get_siblings(self, row: Any) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.context["siblings"]
        return found


class ContentSerializer(ActionSerializer):
    """A text."""

    content = serializers.CharField(allow_blank=True, trim_whitespace=False)


class OtherAgentSerializer(ActionSerializer):
    """Who is to answer, if somebody else."""

    agent = serializers.UUIDField(required=False)


class ReactionRequestSerializer(ActionSerializer):
    """An emoji."""

    emoji = serializers.CharField(max_length=32)


class SendMessageSerializer(ActionSerializer):
    """A message to send."""

    content = serializers.CharField(allow_blank=True, trim_whitespace=False)
    stream = serializers.BooleanField(default=False, help_text="Answer with the events of the run, as they come.")
    attachments = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=100
    )
    client_id = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="One's own id of the message: sent twice it is one."
    )
    agent = serializers.UUIDField(required=False, help_text="Who answers from here on.")


class RoomMessageSerializer(ActionSerializer):
    """A message to a room. Agents answer that it mentions as @name."""

    content = serializers.CharField(allow_blank=True, trim_whitespace=False)
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="The message that it replies to."
    )
    attachments = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=100
    )
    client_id = serializers.CharField(required=False, allow_blank=True, max_length=100)


class NewMessageSerializer(RoomMessageSerializer):
    """A message to a conversation or a room."""

    conversation = serializers.UUIDField(required=False)
    room = serializers.UUIDField(required=False, help_text="The same as conversation.")


@extend_schema_serializer(component_name="SentMessage")
class SentSerializer(serializers.Serializer[object]):
    """What was sent, and the answer to it."""

    user_message = MessageSerializer()
    assistant_message = MessageSerializer(allow_null=True)
    run = serializers.UUIDField(allow_null=True)
    events = serializers.CharField(allow_null=True, help_text="Where the run's events are read.")
    cancel = serializers.CharField(allow_null=True, help_text="Where it is stopped.")


class StoppedSerializer(serializers.Serializer[object]):
    """How many answers were stopped."""

    stopped = serializers.IntegerField()


class GaugeSerializer(serializers.Serializer[object]):
    """How full the model's context is."""

    tokens = serializers.IntegerField(help_text="Estimated tokens that the next question is sent with.")
    limit = serializers.IntegerField()
    window = serializers.IntegerField(allow_null=True, help_text="What the model takes; null if unknown.")
    percent = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="Messages that are no longer sent.")
    summary = serializers.CharField(allow_null=True, help_text="What is sent in their place.")


class ConversationFileSerializer(serializers.Serializer[object]):
    """A file with conversations."""

    file = serializers.FileField()


class NotTakenInSerializer(serializers.Serializer[object]):
    """Something of a file that was left out."""

    conversation = serializers.CharField(help_text="Its title; empty for the file as a whole.")
    what = serializers.CharField()
    count = serializers.IntegerField()


class ShareSerializer(serializers.ModelSerializer[ConversationShare]):
    """A link under which a conversation is read as it was."""

    url = serializers.SerializerMethodField(help_text="Where it is read; null where the pages of chat are not mounted.")

    class Meta:
        model = ConversationShare
        fields = ["id", "url", "title", "created_at", "expires_at"]
        read_only_fields = fields

    def get_url(self, row: ConversationShare) -> str | None:
        try:
            address = reverse("ai_cms_chat:shared", args=[row.pk])
        except NoReverseMatch:
            return None
        found: str = self.context["request"].build_absolute_uri(address)
        return found


class NewShareSerializer(ActionSerializer):
    """How long a link leads to a conversation."""

    days = serializers.IntegerField(
        required=False, min_value=1, max_value=36_500, help_text="CHAT_SHARE_DAYS unless given."
    )


class TakenInSerializer(serializers.Serializer[object]):
    """What came of a file."""

    sources = serializers.ListField(child=serializers.CharField(), help_text="Whose exports its parts are.")
    created = serializers.ListField(child=serializers.UUIDField(), help_text="Ids of the new conversations.")
    unchanged = serializers.IntegerField(help_text="Conversations that were there before.")
    messages = serializers.IntegerField(help_text="Messages of the new conversations.")
    dropped = NotTakenInSerializer(many=True)


class FoundSerializer(serializers.Serializer[object]):
    """A message that was found."""

    message = serializers.UUIDField()
    conversation = serializers.UUIDField()
    title = serializers.CharField()
    role = serializers.ChoiceField(choices=MessageRole.choices)
    excerpt = serializers.CharField()
    created_at = serializers.DateTimeField()


class ToolSerializer(serializers.Serializer[object]):
    """A tool that an agent may be given."""

    name = serializers.CharField()
    description = serializers.CharField()
    risk = serializers.ChoiceField(choices=["read", "write", "destructive", "outward"])


@extend_schema_serializer(component_name="ToolApproval")
class ApprovalSerializer(serializers.ModelSerializer[ToolApproval]):
    """A call that waits for a person."""

    message = serializers.UUIDField(source="message_id", read_only=True)
    conversation = serializers.UUIDField(source="message.conversation_id", read_only=True)
    call = serializers.CharField(source="call_id", read_only=True)
    arguments = serializers.SerializerMethodField()
    status = serializers.CharField(read_only=True)

    class Meta:
        model = ToolApproval
        fields = [
            "id", "conversation", "message", "call", "tool", "arguments", "reason", "status", "expires_at",
            "decided_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_arguments(self, row: ToolApproval) -> JsonObject:
        return arguments_of(row.arguments) or {}


class DecisionSerializer(ActionSerializer):
    """What a person says."""

    approved = serializers.BooleanField()
