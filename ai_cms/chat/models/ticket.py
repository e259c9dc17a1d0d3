"""What a browser shows in place of its session when it opens a WebSocket."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["SocketTicket"]


class SocketTicket(models.Model):
    """A ticket for one WebSocket: good once, for some seconds, and in the browser that asked for it.

    ``digest`` is that of the ticket, ``session_digest`` that of the session's key, which the browser's cookie has to bear out.
    """

    digest = models.CharField(primary_key=True, max_length=64, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    session_digest = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("WebSocket ticket")
        verbose_name_plural = _("WebSocket tickets")

    def __str__(self) -> str:
        return self.digest[:8]
