"""What chat forgets after a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ai_cms.core.permissions import Actor

from . import get_conversation_model
from .conf import chat_settings
from .models import ConversationShare
from .services import delete_conversation

__all__ = ["delete_expired_shares", "delete_old_conversations"]

_BATCH = 200


def delete_old_conversations() -> int:
    """Delete conversations and rooms without a message for ``CHAT_RETENTION_DAYS``, the pinned ones too; return how many."""
    days = chat_settings.CHAT_RETENTION_DAYS
    if days is None:
        return 0
    old = get_conversation_model().objects.filter(last_message_at__lt=timezone.now() - timedelta(days=days))
    deleted = 0
    while keys := list(old.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        deleted += sum(_deleted(old, key) for key in keys)
    return deleted


def _deleted(old: Any, key: object) -> bool:
    """Delete one conversation, unless somebody has written into it meanwhile."""
    with transaction.atomic():
        row = old.select_for_update().filter(pk=key).first()
        if row is not None:
            delete_conversation(row, actor=Actor.system("retention"))
    return row is not None


def delete_expired_shares() -> int:
    """Delete the snapshots of links that lead nowhere any more; return how many."""
    return ConversationShare.objects.filter(expires_at__lte=timezone.now()).delete()[0]
