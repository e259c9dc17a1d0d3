"""The codes themselves: made when their mail goes out, stored as an HMAC bound to purpose, address and request."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from .conf import accounts_settings
from .models import EmailOtp

__all__ = ["DIGITS", "hash_of", "make_code"]

DIGITS = 6


def make_code(otp_request: uuid.UUID) -> str | None:
    """Make the code of a request whose mail is about to go out; ``None`` if the request is no longer live.

    An attempt that is repeated makes another code, with the tries that are left.
    """
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = EmailOtp.objects.filter(request=otp_request, consumed_at=None).first()
    if row is None:
        return None
    now = timezone.now()
    updated = EmailOtp.objects.filter(pk=row.pk, request=otp_request, consumed_at=None).update(
        code_hash=hash_of(row, code), sent_at=now, expires_at=now + timedelta(seconds=accounts_settings.OTP_LIFETIME)
    )
    return code if updated else None


def hash_of(row: EmailOtp, code: str) -> str:
    """Return what is stored of ``code``: worthless without the key of the site, and for any other row."""
    value = f"{row.purpose}:{row.address}:{row.request}:{code}"
    return salted_hmac("ai_cms.accounts.otp", value, algorithm="sha256").hexdigest()
