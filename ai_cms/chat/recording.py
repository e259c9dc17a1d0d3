"""Write messages: numbered in their conversation, each change counted, so that a reader can ask for what it has missed.

All of it happens under the lock of the conversation.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from .locks import lock_conversation, next_change
from .models import Message

__all__ = ["add_message", "change_message", "keep_counters"]


def add_message(conversation: Any, **fields: Any) -> Message:
    """Add a message to a conversation that is locked; keep_counters() afterwards."""
    conversation.last_number += 1
    conversation.last_change += 1
    return Message.objects.create(
        conversation=conversation, number=conversation.last_number, change=conversation.last_change, **fields
    )


def keep_counters(conversation: Any, *fields: str) -> None:
    """Store what add_message() has counted, and other ``fields`` of the locked conversation."""
    conversation.last_message_at = timezone.now()
    conversation.save(
        update_fields={"last_number", "last_change", "last_message_at", "active_leaf", "updated_at", *fields}
    )


def change_message(
    conversation_id: UUID, message_id: UUID, *, when: dict[str, Any] | None = None, **fields: Any
) -> bool:
    """Change a message if it is as ``when`` says, and count the change; return whether it was."""
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        rows = Message.objects.filter(pk=message_id, **(when or {}))
        if not rows.update(**fields, updated_at=timezone.now()):
            return False
        Message.objects.filter(pk=message_id).update(change=next_change(conversation))
    return True
