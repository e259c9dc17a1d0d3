"""The shapes of rooms and of who is in them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ai_cms.chat import get_conversation_model
from ai_cms.chat.models import MemberRole
from ai_cms.core.api.bodies import ActionSerializer

from ..prompts import name_of

__all__ = [
    "InvitationSerializer",
    "InviteSerializer",
    "MemberSerializer",
    "NewMemberSerializer",
    "ReadSerializer",
    "RoleSerializer",
    "RoomSerializer",
]


class RoomSerializer(serializers.ModelSerializer[Any]):
    """A room, with one's own place in it."""

    name = serializers.CharField(source="title", max_length=200)
    owner = serializers.CharField(source="owner_id", read_only=True, allow_null=True)
    my_role = serializers.SerializerMethodField(help_text="owner, moderator, member, invited, or empty.")
    unread = serializers.SerializerMethodField(help_text="Messages after the last one that was read.")
    member_count = serializers.IntegerField(read_only=True, default=0)
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
            "id", "name", "description", "is_public", "is_archived", "retention_days", "owner", "my_role", "unread",
            "member_count", "message_count", "last_change", "last_message_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["id", "last_change", "last_message_at", "created_at", "updated_at"]

    def get_my_role(self, row: Any) -> str:
        return str(getattr(row, "my_role", None) or ("invited" if getattr(row, "is_invited", False) else ""))

    def get_unread(self, row: Any) -> int:
        read = getattr(row, "my_last_read", None)
        return 0 if read is None else max(0, row.last_number - read)


class MemberSerializer(serializers.Serializer[Any]):
    """Who is in a room."""

    id = serializers.IntegerField(read_only=True)
    user = serializers.CharField(source="user_id", allow_null=True, read_only=True)
    agent = serializers.UUIDField(source="agent_id", allow_null=True, read_only=True)
    name = serializers.SerializerMethodField()
    role = serializers.ChoiceField(choices=MemberRole.choices, read_only=True)
    last_read = serializers.IntegerField(read_only=True)
    joined_at = serializers.DateTimeField(read_only=True)

    def get_name(self, row: Any) -> str:
        return row.agent.name if row.agent is not None else name_of(row.user)


class InvitationSerializer(serializers.Serializer[Any]):
    """Who was asked in, by the name that was typed."""

    id = serializers.IntegerField(read_only=True)
    address = serializers.CharField(read_only=True)
    role = serializers.ChoiceField(choices=MemberRole.choices, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class NewMemberSerializer(ActionSerializer):
    """An agent to let in."""

    agent = serializers.UUIDField()


class InviteSerializer(ActionSerializer):
    """Somebody to ask in."""

    user = serializers.CharField(max_length=254, help_text="Id, user name or e-mail address.")
    role = serializers.ChoiceField(choices=MemberRole.choices, default=MemberRole.MEMBER)


class RoleSerializer(ActionSerializer):
    """What somebody is to be in a room."""

    role = serializers.ChoiceField(choices=MemberRole.choices)


class ReadSerializer(ActionSerializer):
    """Up to which message one has read."""

    number = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
