"""Who is logged in where."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["LoginSession", "RefreshToken", "SessionKind"]


# The first mark that a device's words hold; each browser also names those before it.
_BROWSERS = (("Firefox/", "Firefox"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class SessionKind(models.TextChoices):
    TOKEN = "token", _("app")
    BROWSER = "browser", _("browser")


class LoginSession(models.Model):
    """One log-in: a browser's, or an app's with all the tokens that were refreshed from the first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=10, choices=SessionKind.choices)
    device = models.CharField(_("device"), max_length=300, blank=True)
    address = models.CharField(_("address"), max_length=50, blank=True)
    # As in Django's own table of sessions: it has to be deleted by this key.
    session_key = models.CharField(max_length=100, blank=True, editable=False, db_index=True)
    created_at = models.DateTimeField(_("since"))
    last_used_at = models.DateTimeField(_("last used"))
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    revoked_at = models.DateTimeField(_("ended"), null=True, blank=True)
    reason = models.CharField(_("ended by"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("log-in")
        verbose_name_plural = _("log-ins")
        ordering = ["-last_used_at"]
        indexes = [models.Index(fields=["user", "-last_used_at"], name="ai_cms_accounts_session_user")]

    def __str__(self) -> str:
        return f"{self.user}: {self.device_name}"

    @property
    def device_name(self) -> str:
        """What a person calls the device, as far as its own words tell: "Firefox, Linux", else the beginning of them."""
        browser = next((name for mark, name in _BROWSERS if mark in self.device), "")
        system = next((name for mark, name in _SYSTEMS if mark in self.device), "")
        return ", ".join(filter(None, [browser, system])) or self.device[:60] or self.get_kind_display()


class RefreshToken(models.Model):
    """One refresh token, by the claim ``jti``; the token itself is not stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(LoginSession, models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    spent_at = models.DateTimeField(null=True)
    # Whether the grace after spending was used: once a token, never again.
    graced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.pk)
