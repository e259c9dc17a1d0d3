"""What accounts forget after a while: codes, ended log-ins, sent mail."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from .conf import accounts_settings
from .models import EmailOtp, LoginSession, MailState, OutboxMail, RefreshToken

__all__ = ["clean_accounts"]


def clean_accounts() -> dict[str, int]:
    """Delete what nobody needs any more, and return the numbers by kind. Mail that was given up stays for staff."""
    now = timezone.now()
    old = now - timedelta(days=accounts_settings.ACCOUNTS_KEEP_DAYS)
    rows = {
        "codes": EmailOtp.objects.filter(expires_at__lt=now - timedelta(days=1)),
        "refresh tokens": RefreshToken.objects.filter(expires_at__lt=now),
        "log-ins": LoginSession.objects.filter(Q(revoked_at__lt=old) | Q(expires_at__lt=old)),
        "mails": OutboxMail.objects.filter(state__in=[MailState.SENT, MailState.VOID], created_at__lt=old),
    }
    return {name: found.delete()[0] for name, found in rows.items()}
