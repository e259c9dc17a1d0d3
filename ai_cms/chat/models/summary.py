"""What a model is told instead of the beginning of a long conversation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .message import Message

__all__ = ["ContextSummary"]


class ContextSummary(models.Model):
    """The summary of a branch up to and including ``message``; it stands in for what no longer fits the model."""

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="summary", verbose_name=_("up to message")
    )
    text = models.TextField(_("text"))
    covered = models.PositiveIntegerField(_("messages"), default=0)
    tokens = models.PositiveIntegerField(_("tokens"), default=0)
    model = models.CharField(_("model"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("summary")
        verbose_name_plural = _("summaries")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.text[:60]
