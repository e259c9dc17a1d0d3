"""Share a conversation by a link, and take the link back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ..branches import branch_of
from ..conf import chat_settings
from ..locks import lock_conversation
from ..models import ConversationShare, Message, MessageRole

__all__ = ["MOST_SHARES", "revoke_share", "share_conversation"]

#: Links that lead to one conversation at once.
MOST_SHARES = 20
#: What a shared answer says of where it has something from.
_CITED = ("number", "title", "url", "heading", "text")


def share_conversation(conversation: Any, *, actor: ActorLike, days: int | None = None) -> ConversationShare:
    """Make a link to what ``conversation`` is now.

    Args:
        days: How long it leads there: from 1 to ``CHAT_SHARE_MAX_DAYS``; ``CHAT_SHARE_DAYS`` unless given.

    Raises InvalidInput, and what permissions raise: rooms are their members' alone and are not shared.
    """
    who = Actor.of(actor)
    policy_for(conversation).require(who, "share", conversation)
    if who.account is None:
        raise PermissionRefused
    longest = chat_settings.CHAT_SHARE_MAX_DAYS
    days = min(chat_settings.CHAT_SHARE_DAYS, longest) if days is None else days
    if not 1 <= days <= longest:
        raise InvalidInput(errors={"days": [_("From 1 to %(most)d.") % {"most": longest}]})
    with transaction.atomic():
        locked = lock_conversation(conversation.pk)
        if locked.shares.filter(expires_at__gt=timezone.now()).count() >= MOST_SHARES:
            raise InvalidInput(
                _("There are %(most)d links to it already; take one of them back.") % {"most": MOST_SHARES}
            )
        messages = [_shared(row) for row in branch_of(locked, locked.active_leaf) if _is_shown(row)]
        if not messages:
            raise InvalidInput(_("Nothing has been said yet that could be shared."))
        return ConversationShare.objects.create(
            conversation=locked,
            created_by=who.account,
            title=locked.title,
            messages=messages,
            expires_at=timezone.now() + timedelta(days=days),
        )


def revoke_share(conversation: Any, key: UUID, *, actor: ActorLike) -> None:
    """Take a link back: from now on it leads nowhere. Raises NotFound, and what permissions raise."""
    policy_for(conversation).require(actor, "share", conversation)
    gone, _rows = ConversationShare.objects.filter(conversation=conversation, pk=key).delete()
    if not gone:
        raise NotFound


def _is_shown(row: Message) -> bool:
    return bool(row.content) and not row.is_deleted and not row.is_open and row.role != MessageRole.SYSTEM


def _shared(row: Message) -> JsonObject:
    is_answer = row.role == MessageRole.ASSISTANT
    return {
        "role": row.role,
        "name": row.agent.name if is_answer and row.agent is not None else "",
        "content": row.content,
        "created_at": row.created_at.isoformat(),
        "citations": [{name: item[name] for name in _CITED if name in item} for item in row.citations],
    }
