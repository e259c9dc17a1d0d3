"""Mail that is to be sent."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["MailState", "OutboxMail"]


class MailState(models.TextChoices):
    QUEUED = "queued", _("waiting")
    SENT = "sent", _("sent")
    DEAD = "dead", _("given up")
    # Nothing to send: the row of an address without an account, or of a request that a newer one replaced.
    VOID = "void", _("nothing to send")


class OutboxMail(models.Model):
    """One mail, rendered when it goes out. ``kind`` names its templates, ``otp_request`` the code that it brings."""

    kind = models.CharField(_("kind"), max_length=40)
    to = models.CharField(_("to"), max_length=254)
    language = models.CharField(_("language"), max_length=20, blank=True)
    context = models.JSONField(_("context"), default=dict)
    otp_request = models.UUIDField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=MailState.choices, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="ai_cms_accounts_mail_due", condition=models.Q(state="queued")
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.to}"
