"""What an agent may only do once a person has said so."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.core.models import AbstractApproval, ApprovalStatus

from .message import Message

__all__ = ["ApprovalStatus", "ToolApproval"]


class ToolApproval(AbstractApproval):
    """One call of a tool that waits for a person.

    ``digest`` binds the decision to exactly these arguments and to the state of what they are about; once used, it is spent.
    ``user``: with whose rights the call is carried out, and who alone may decide.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="approvals", verbose_name=_("message"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    call_id = models.CharField(max_length=200, editable=False)
    tool = models.CharField(_("tool"), max_length=100, editable=False)
    arguments = models.TextField(_("arguments"), editable=False)
    reason = models.CharField(_("reason"), max_length=40, editable=False)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["message", "call_id"], name="ai_cms_chat_approval_call")]

    def __str__(self) -> str:
        return f"{self.tool} ({self.get_status_display()})"
