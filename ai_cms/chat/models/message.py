"""Messages: what people, agents and the system say, as a tree of branches."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import get_agent_model_string, get_conversation_model_string
from ..querysets import MessageQuerySet

__all__ = ["Message", "MessageRole", "MessageStatus", "Reaction"]


class MessageRole(models.TextChoices):
    USER = "user", _("person")
    ASSISTANT = "assistant", _("agent")
    SYSTEM = "system", _("system")


class MessageStatus(models.TextChoices):
    """How far an answer is. Whatever a person writes is complete."""

    QUEUED = "queued", _("waiting for its turn")
    STREAMING = "streaming", _("being written")
    WAITING = "waiting", _("waiting for approval")
    COMPLETE = "complete", _("complete")
    STOPPED = "stopped", _("stopped")
    INTERRUPTED = "interrupted", _("interrupted")
    FAILED = "failed", _("failed")


class Message(models.Model):
    """One message.

    ``parent`` is what it answers or follows; siblings are branches. ``content`` is Markdown; while an answer is written its text
    is ``content`` followed by the run's text from ``run_offset`` on (see ``live_content``). ``rounds`` are the tool calls:
    ``[{"end": characters of content before it, "calls": [{"id", "name", "arguments", "result", "ok", "state"}]}]``.
    ``untrusted``: what was read for it, or it itself, came from others, and may hold instructions that nobody here gave.
    ``number`` counts the messages of the conversation, ``change`` is the conversation's counter at its last change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        get_conversation_model_string(),
        on_delete=models.CASCADE,
        related_name="messages",
        verbose_name=_("conversation"),
    )
    number = models.PositiveIntegerField(_("number"), editable=False)
    change = models.PositiveBigIntegerField(default=0, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="children", editable=False
    )
    role = models.CharField(_("role"), max_length=10, choices=MessageRole.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    agent = models.ForeignKey(
        get_agent_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agent"),
    )
    content = models.TextField(_("content"), blank=True)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=MessageStatus.choices, default=MessageStatus.COMPLETE)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error_detail = models.CharField(_("error detail"), max_length=500, blank=True)
    rounds = models.JSONField(_("tool calls"), default=list, blank=True, editable=False)
    citations = models.JSONField(_("citations"), default=list, blank=True, editable=False)
    tokens_used = models.PositiveBigIntegerField(_("tokens used"), default=0)
    model = models.CharField(_("model"), max_length=200, blank=True)
    finish_reason = models.CharField(_("finish reason"), max_length=40, blank=True)
    untrusted = models.BooleanField(default=False, editable=False)
    run = models.ForeignKey(
        "ai_cms_llm.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("run")
    )
    run_offset = models.PositiveIntegerField(default=0, editable=False)
    client_id = models.CharField(max_length=100, null=True, blank=True, editable=False)
    request_key = models.CharField(max_length=100, null=True, blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["conversation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="ai_cms_chat_message_number"),
            models.UniqueConstraint(
                fields=["conversation", "author", "client_id"],
                condition=models.Q(client_id__isnull=False),
                name="ai_cms_chat_message_client",
            ),
            models.UniqueConstraint(
                fields=["author", "request_key"],
                condition=models.Q(request_key__isnull=False),
                name="ai_cms_chat_message_key",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "change"], name="ai_cms_chat_message_change"),
            models.Index(
                fields=["conversation"],
                condition=models.Q(status__in=("queued", "streaming", "waiting")),
                name="ai_cms_chat_message_open",
            ),
            models.Index(fields=["author", "-created_at"], name="ai_cms_chat_message_author"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.content[:60]}"

    @property
    def is_open(self) -> bool:
        """Whether it is an answer that is still to change by itself."""
        return self.status in (MessageStatus.QUEUED, MessageStatus.STREAMING, MessageStatus.WAITING)

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def live_content(self) -> str:
        """The text so far: of an answer that is being written, with what its run has shown of it."""
        if self.status != MessageStatus.STREAMING or self.run is None:
            return self.content
        return self.content + self.run.text[self.run_offset :]


class Reaction(models.Model):
    """One person's emoji on a message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["message", "user", "emoji"], name="ai_cms_chat_reaction_one")]

    def __str__(self) -> str:
        return self.emoji
