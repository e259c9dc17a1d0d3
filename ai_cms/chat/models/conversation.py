"""Conversations: of one person with an agent, or a room with members."""

from __future__ import annotations

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ai_cms.core.models import OwnedModel, TimestampedModel

from .. import get_agent_model_string
from ..querysets import ConversationQuerySet

__all__ = ["AbstractConversation", "Conversation", "ConversationKind"]


class ConversationKind(models.TextChoices):
    DIRECT = "direct", _("conversation")
    ROOM = "room", _("room")


class AbstractConversation(OwnedModel, TimestampedModel):
    """Messages and who takes part.

    ``active_leaf`` is the message in which the branch that is shown ends; no foreign key, because a host's own conversation is
    made before the table of messages is. ``last_number`` numbers the messages, ``last_change`` every change to one: a reader asks
    for what came after the last change it knows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(
        _("kind"), max_length=10, choices=ConversationKind.choices, default=ConversationKind.DIRECT, editable=False
    )
    agent = models.ForeignKey(
        get_agent_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agent"),
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    has_own_title = models.BooleanField(default=False, editable=False)
    description = models.TextField(_("description"), blank=True, max_length=2_000)
    is_public = models.BooleanField(
        _("public"), default=False, help_text=_("Everybody who is logged in may read the room and join it.")
    )
    folder = models.CharField(
        _("folder"), max_length=200, blank=True, help_text=_("A path such as Work/Letters; empty for none.")
    )
    retention_days = models.PositiveIntegerField(
        _("days to keep"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Days without a message after which it is deleted; empty: as the site has it."),
    )
    is_pinned = models.BooleanField(_("pinned"), default=False)
    is_archived = models.BooleanField(_("archived"), default=False)
    active_leaf = models.UUIDField(null=True, blank=True, editable=False)
    last_number = models.PositiveIntegerField(default=0, editable=False)
    last_change = models.PositiveBigIntegerField(default=0, editable=False)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        abstract = True
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_message_at", "-pk"]
        indexes = [
            models.Index(fields=["owner", "-last_message_at"], name="%(app_label)s_conv_own"),
            models.Index(
                fields=["-last_message_at"],
                condition=models.Q(is_public=True),
                name="%(app_label)s_conv_public",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.pk)

    @property
    def is_room(self) -> bool:
        return self.kind == ConversationKind.ROOM


class Conversation(AbstractConversation):
    """The default conversation."""

    class Meta(AbstractConversation.Meta):
        swappable = "AI_CMS_CONVERSATION_MODEL"
