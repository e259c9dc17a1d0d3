"""What an agent may only do once a person has said so."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .message import Message

__all__ = ["ApprovalStatus", "ToolApproval"]


class ApprovalStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    EXPIRED = "expired", _("expired")
    USED = "used", _("carried out")


class ToolApproval(models.Model):
    """One call of a tool that waits for a person.

    ``digest`` binds the decision to exactly these arguments and to the state of what they are about; once used, it is spent.
    ``user``: with whose rights the call is carried out, and who alone may decide.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="approvals", verbose_name=_("message"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    call_id = models.CharField(max_length=200, editable=False)
    tool = models.CharField(_("tool"), max_length=100, editable=False)
    arguments = models.TextField(_("arguments"), editable=False)
    digest = models.CharField(max_length=64, editable=False)
    reason = models.CharField(_("reason"), max_length=40, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["message", "call_id"], name="ai_cms_chat_approval_call")]

    def __str__(self) -> str:
        return f"{self.tool} ({self.get_status_display()})"

    @property
    def is_open(self) -> bool:
        """Whether a person may still decide."""
        return self.status == ApprovalStatus.PENDING and self.expires_at > timezone.now()
