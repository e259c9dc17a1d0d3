"""Codes that are sent by e-mail."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["EmailOtp", "OtpPurpose"]


class OtpPurpose(models.TextChoices):
    REGISTER = "register", _("prove a new account's address")
    RESET = "reset", _("set a new password")
    EMAIL = "email", _("change the address")


class EmailOtp(models.Model):
    """The one live code of an address and purpose.

    A new request takes the row over. The code is made when its mail goes out, is stored as an HMAC, and lives from
    then on. ``user``: nobody for addresses without an account, whose rows exist so that both cost the same.
    ``payload``: what the code, once proven, carries out.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", verbose_name=_("user")
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=OtpPurpose.choices)
    address = models.CharField(_("address"), max_length=254)
    request = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    payload = models.JSONField(default=dict, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)
    consumed_at = models.DateTimeField(_("used at"), null=True)

    class Meta:
        verbose_name = _("e-mail code")
        verbose_name_plural = _("e-mail codes")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["address", "purpose"], name="ai_cms_accounts_otp_live"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.address}"

    @property
    def is_used(self) -> bool:
        return self.consumed_at is not None
