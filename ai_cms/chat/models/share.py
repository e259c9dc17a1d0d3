"""A link under which a conversation can be read as it was."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import get_conversation_model_string

__all__ = ["ConversationShare"]


class ConversationShare(models.Model):
    """What a conversation was when its owner shared it; what is said afterwards is not in it.

    The key is what the address has: whoever knows it reads the conversation. ``messages``: those of the branch that was shown,
    without the names of people, without files and without calls of tools.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        get_conversation_model_string(), on_delete=models.CASCADE, related_name="shares", verbose_name=_("conversation")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("shared by")
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    messages = models.JSONField(_("messages"), default=list)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title or str(self.pk)

    @property
    def is_open(self) -> bool:
        """Return whether the link still leads somewhere."""
        return self.expires_at > timezone.now()
