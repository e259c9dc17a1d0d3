"""What chat does when something happens elsewhere."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.db.models.signals import post_migrate, pre_delete

from ai_cms.llm.signals import run_finished

from . import get_conversation_model
from .services.waiting import finished_here
from .settling import settle_when_finished
from .word_index import ensure_index

__all__ = ["connect"]


def connect() -> None:
    """Connect the receivers; called once, by the app's configuration."""
    # In this order: whoever waits finds the answer closed.
    run_finished.connect(settle_when_finished, dispatch_uid="ai_cms_chat.settle")
    run_finished.connect(finished_here, dispatch_uid="ai_cms_chat.wake")
    pre_delete.connect(_forget_letters, sender=get_user_model(), dispatch_uid="ai_cms_chat.forget")
    post_migrate.connect(_index_words, dispatch_uid="ai_cms_chat.words")


def _index_words(sender: AppConfig, using: str, **kwargs: Any) -> None:
    if sender.label == "ai_cms_chat":
        ensure_index(using)


def _forget_letters(sender: object, instance: Any, **kwargs: Any) -> None:
    """Delete the conversations that were nobody else's; rooms stay for their other members."""
    get_conversation_model().objects.direct().filter(owner=instance).delete()
