"""What chat forgets after a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ai_cms.core.permissions import Actor

from . import get_conversation_model
from .conf import chat_settings
from .models import ConversationShare, SocketTicket
from .services import delete_conversation

__all__ = ["delete_expired_shares", "delete_old_conversations"]

_BATCH = 200


def delete_old_conversations() -> int:
    """Delete conversations and rooms that are past their days without a message, the pinned ones too; return how many.

    Those of a conversation itself and ``CHAT_RETENTION_DAYS`` count both: the shorter time ends it.
    """
    old = _old()
    deleted = 0
    while keys := list(old.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        deleted += sum(_deleted(old, key) for key in keys)
    return deleted


def _old() -> Any:
    """Return what is past its days."""
    now = timezone.now()
    rows = get_conversation_model().objects.all()
    days = chat_settings.CHAT_RETENTION_DAYS
    past = Q(pk__in=[]) if days is None else Q(last_message_at__lt=now - timedelta(days=days))
    own = rows.exclude(retention_days=None).order_by().values_list("retention_days", flat=True).distinct()
    for wanted in own:
        past |= Q(retention_days=wanted, last_message_at__lt=now - timedelta(days=wanted))
    return rows.filter(past)


def _deleted(old: Any, key: object) -> bool:
    """Delete one conversation, unless somebody has written into it meanwhile."""
    with transaction.atomic():
        row = old.select_for_update().filter(pk=key).first()
        if row is not None:
            delete_conversation(row, actor=Actor.system("retention"))
    return row is not None


def delete_expired_shares() -> int:
    """Delete the snapshots of links that lead nowhere any more; return how many."""
    # Tickets too, where nobody has asked for another one since.
    SocketTicket.objects.filter(expires_at__lte=timezone.now()).delete()
    return ConversationShare.objects.filter(expires_at__lte=timezone.now()).delete()[0]
