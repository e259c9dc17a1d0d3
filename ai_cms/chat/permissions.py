"""Who may do what in chat.

Agents and conversations are their owner's alone; staff read logs, not letters. Rooms are their members', public ones are read
by everybody who is logged in; staff with the model permission moderate them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from . import get_agent_model, get_conversation_model
from .models import (
    ContextSummary,
    ConversationShare,
    Invitation,
    Member,
    MemberRole,
    Message,
    Reaction,
    SocketTicket,
    ToolApproval,
)

__all__ = ["AgentPolicy", "ConversationPolicy", "MessagePolicy", "membership_of", "register"]


def membership_of(actor: Actor, conversation: models.Model) -> Member | None:
    """Return the actor's place in a room, as it is at this moment."""
    if actor.account is None:
        return None
    return Member.objects.filter(conversation_id=conversation.pk, user=actor.account).first()


def _manages(actor: Actor, model: type[models.Model], action: str = "change") -> bool:
    meta = model._meta
    return actor.is_superuser or (actor.is_staff and actor.has_perm(f"{meta.app_label}.{action}_{meta.model_name}"))


class AgentPolicy(PermissionPolicy[Any]):
    """Everybody has agents of their own and sees no others."""

    def decide(self, actor: Actor, action: str, obj: Any | None) -> bool:
        if not actor.is_authenticated:
            return False
        if obj is None:
            return action in ("view", "add")
        return actor.account is not None and obj.owner_id == actor.account.pk

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset.filter(owner=actor.account) if actor.account is not None else queryset.none()


class ConversationPolicy(PermissionPolicy[Any]):
    """Decide for conversations and rooms.

    Actions beside the usual: ``read`` (its messages), ``post``, ``join``, ``leave``, ``moderate`` (members, others' messages),
    ``own`` (delete, hand over), ``share`` (by a link: one's own conversation; what is said in a room is its members').
    """

    scopes: ClassVar[dict[str, str]] = {
        "view": "read",
        "read": "read",
        "add": "write",
        "change": "write",
        "delete": "write",
        "post": "write",
        "join": "write",
        "leave": "write",
        "moderate": "write",
        "own": "write",
        "share": "write",
    }

    def decide(self, actor: Actor, action: str, obj: Any | None) -> bool:
        if not actor.is_authenticated:
            return False
        if obj is None:
            return action in ("view", "add")
        if not obj.is_room:
            own = actor.account is not None and obj.owner_id == actor.account.pk
            return own and action in ("view", "read", "change", "delete", "post", "own", "share")
        return self._in_room(actor, action, obj)

    def _in_room(self, actor: Actor, action: str, room: Any) -> bool:
        if action == "share":
            return False
        if action != "post" and action != "leave" and _manages(actor, type(room)):
            return True
        if room.is_public and action in ("view", "read", "join"):
            return True
        member = membership_of(actor, room)
        if member is None:
            return action in ("view", "join") and room.invitations.filter(user=actor.account).exists()
        if action in ("change", "moderate"):
            return member.moderates
        if action in ("delete", "own"):
            return member.role == MemberRole.OWNER
        return action in ("view", "read", "post", "leave", "join")

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if actor.account is None:
            return queryset.none()
        invited = Invitation.objects.filter(user=actor.account).values("conversation")
        return queryset.filter(_readable(actor, queryset.model) | Q(kind="room", pk__in=invited))


def _readable(actor: Actor, model: type[models.Model], prefix: str = "") -> Q:
    """Return the condition for conversations whose messages ``actor`` may read."""
    joined = Member.objects.filter(user=actor.account).values("conversation")
    found = (
        Q(**{f"{prefix}kind": "direct", f"{prefix}owner": actor.account})
        | Q(**{f"{prefix}kind": "room", f"{prefix}is_public": True})
        | Q(**{f"{prefix}kind": "room", f"{prefix}pk__in": joined})
    )
    return found | Q(**{f"{prefix}kind": "room"}) if _manages(actor, model) else found


class MessagePolicy(PermissionPolicy[Message]):
    """Read with the conversation; changed by the author; deleted by the author, a moderator, or the conversation's owner."""

    def __init__(self, conversations: ConversationPolicy) -> None:
        self.conversations = conversations

    def decide(self, actor: Actor, action: str, obj: Message | None) -> bool:
        if not actor.is_authenticated:
            return False
        if obj is None:
            return action in ("view", "add")
        conversation = obj.conversation
        if not self.conversations.can(actor, "read", conversation):
            return False
        if action == "view":
            return True
        own = actor.account is not None and obj.author_id == actor.account.pk
        takes_part = self.conversations.can(actor, "post", conversation)
        if action == "change":
            return own and takes_part
        if action == "delete":
            if self.conversations.can(actor, "moderate" if conversation.is_room else "own", conversation):
                return True
            return own and takes_part
        return False

    def restrict(self, actor: Actor, queryset: models.QuerySet[Message]) -> models.QuerySet[Message]:
        if actor.account is None:
            return queryset.none()
        return queryset.filter(_readable(actor, get_conversation_model(), "conversation__"))


class ApprovalPolicy(PermissionPolicy[ToolApproval]):
    """Seen and decided by the person in whose name the call would be carried out, and by nobody else."""

    scopes: ClassVar[dict[str, str]] = {"view": "read", "decide": "write"}

    def decide(self, actor: Actor, action: str, obj: ToolApproval | None) -> bool:
        if not actor.is_authenticated or action not in ("view", "decide"):
            return False
        return obj is None or (actor.account is not None and obj.user_id == actor.account.pk)

    def restrict(self, actor: Actor, queryset: models.QuerySet[ToolApproval]) -> models.QuerySet[ToolApproval]:
        return queryset.filter(user=actor.account) if actor.account is not None else queryset.none()


def register() -> None:
    """Make these policies answer for the models; a host replaces them by registering its own afterwards."""
    conversations = ConversationPolicy()
    register_policy(get_agent_model(), AgentPolicy())
    register_policy(get_conversation_model(), conversations)
    register_policy(Message, MessagePolicy(conversations))
    register_policy(ToolApproval, ApprovalPolicy())
    # Read and written through what they belong to, by services alone.
    for model in (ContextSummary, ConversationShare, Invitation, Member, Reaction, SocketTicket):
        register_policy(model, PermissionPolicy())
