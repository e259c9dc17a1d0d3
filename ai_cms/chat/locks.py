"""The order in which writers come: by the person, or by the conversation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F

from ai_cms.core.exceptions import NotFound

from . import get_conversation_model
from .waking import wake_readers

__all__ = ["lock_conversation", "lock_user", "next_change"]


def lock_user(user: Any) -> None:
    """Have those who count what ``user`` has come one after the other; call it in a transaction.

    On SQLite the transaction has done so already (``transaction_mode: IMMEDIATE``).
    """
    no_key = connection.features.has_select_for_no_key_update
    users = user._meta.base_manager.select_for_update(no_key=no_key)
    users.filter(pk=user.pk).values_list("pk").first()


def lock_conversation(pk: UUID) -> Any:
    """Return the conversation as it is, and keep other writers away from it until the transaction ends. Raises NotFound.

    Whoever waits for news of it looks after that: a writer that takes the lock changes something.
    """
    no_key = connection.features.has_select_for_no_key_update
    found = get_conversation_model().objects.select_for_update(no_key=no_key).filter(pk=pk).first()
    if found is None:
        raise NotFound
    wake_readers(pk)
    return found


def next_change(conversation: models.Model, by: int = 1) -> int:
    """Count ``by`` changes of the conversation and return the number of the last; call it in a transaction."""
    rows: Any = type(conversation)._default_manager
    rows.filter(pk=conversation.pk).update(last_change=F("last_change") + by)
    found: int = rows.values_list("last_change", flat=True).get(pk=conversation.pk)
    conversation.last_change = found  # type: ignore[attr-defined]
    return found
