"""Codes by e-mail: six digits, five looked-at guesses, one live code of an address and purpose.

Asking for a code takes the row of (address, purpose) over and queues a mail; the code itself is made when that mail goes
out, so that no table ever holds one and its ten minutes begin when it is sent. Addresses without an account get the same
rows, with nobody in them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, router, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ..core.jsontypes import JsonObject
from . import limits, outbox
from .conf import accounts_settings
from .emails import email_key
from .exceptions import InvalidCode
from .models import EmailOtp, OtpPurpose
from .otp_codes import hash_of

__all__ = ["ask", "clean_code", "count_sending", "proven", "take_back"]


def ask(
    purpose: OtpPurpose,
    address: str,
    *,
    kind: str,
    user: Any = None,
    payload: JsonObject | None = None,
    mail_to: str = "",
    context: dict[str, Any] | None = None,
    request: HttpRequest | None = None,
    send: bool = True,
    with_code: bool = True,
) -> EmailOtp:
    """Begin anew with the code of ``address`` for ``purpose``, queue its mail, and return the row.

    ``kind``: the mail's templates. ``mail_to``: the spelling to send to. ``send``: False writes the same rows and sends
    nothing, for addresses that shall not tell whether they have an account; ``with_code``: False sends a notice without
    a code. The limits are counted by the caller, before: :func:`count_sending`.
    """
    now = timezone.now()
    fresh = {
        "user": user,
        "request": uuid.uuid4(),
        "code_hash": "",
        "payload": payload or {},
        "tries": 0,
        "created_at": now,
        "sent_at": None,
        "expires_at": now + timedelta(hours=accounts_settings.MAIL_RETRY_HOURS),
        "consumed_at": None,
    }
    key = email_key(address)
    with transaction.atomic():
        updated = EmailOtp.objects.filter(address=key, purpose=purpose).update(**fresh)
        if not updated:
            try:
                with transaction.atomic():
                    EmailOtp.objects.create(address=key, purpose=purpose, **fresh)
            except IntegrityError:
                # Asked for at the same moment: the later of the two takes the row over.
                EmailOtp.objects.filter(address=key, purpose=purpose).update(**fresh)
        brings = fresh["request"] if with_code else None
        outbox.queue(kind, mail_to or address, context=context, otp_request=brings, request=request, send=send)
    return EmailOtp(address=key, purpose=purpose, **fresh)


def count_sending(address: str, request: HttpRequest | None) -> None:
    """Count a mail to ``address``, whether or not it has an account. Raises LimitExceeded."""
    limits.count(limits.MAIL, address, request)


def clean_code(text: str) -> str:
    """Return a typed code without the blanks and dashes that people put into it; other digits than 0-9 do not count."""
    return "".join(character for character in text if character not in " -\u00a0\u2009\u202f\t")[:20]


@contextmanager
def proven(
    purpose: OtpPurpose,
    address: str,
    code: str,
    *,
    client: HttpRequest | None = None,
    otp_request: uuid.UUID | None = None,
) -> Iterator[EmailOtp]:
    """Look at one guess; run the ``with`` block, in the transaction that uses the code up, if it is right.

    An error raised in the block leaves the code unused, with one try less. ``otp_request``: the request that the guess
    is for, where the caller knows it. Raises InvalidCode, LimitExceeded.
    """
    limits.count(limits.CODE, f"{purpose}:{address}", client)
    row = _evaluate(purpose, address, clean_code(code), otp_request)
    with transaction.atomic(using=router.db_for_write(EmailOtp)):
        used = EmailOtp.objects.filter(
            pk=row.pk, request=row.request, code_hash=row.code_hash, consumed_at=None
        ).update(consumed_at=timezone.now(), payload={})
        if not used or row.user_id is None:
            raise InvalidCode
        # As it is now: it may have been disabled since the guess began.
        row.user = get_user_model()._base_manager.select_for_update(of=("self",)).get(pk=row.user_id)
        yield row


def take_back(address: str, *purposes: OtpPurpose) -> None:
    """Make the live codes of ``address`` worthless."""
    rows = EmailOtp.objects.filter(address=email_key(address), purpose__in=purposes, consumed_at=None)
    rows.update(consumed_at=timezone.now(), payload={})


def _evaluate(purpose: OtpPurpose, address: str, code: str, otp_request: uuid.UUID | None) -> EmailOtp:
    """Return the row if ``code`` is right. The try is counted, and committed, before the code is compared."""
    key = email_key(address)
    row = EmailOtp.objects.filter(address=key, purpose=purpose).first()
    # An address that was never asked for costs as much.
    found = row or EmailOtp(address=key, purpose=purpose, code_hash="", request=uuid.uuid4())
    expected = hash_of(found, code)
    counted = EmailOtp.objects.filter(
        pk=found.pk,
        request=found.request,
        code_hash=found.code_hash,
        consumed_at=None,
        expires_at__gt=timezone.now(),
        tries__lt=accounts_settings.OTP_TRIES,
    )
    evaluated = counted.exclude(code_hash="").update(tries=F("tries") + 1)
    matches = constant_time_compare(expected, found.code_hash)
    wanted = otp_request is None or otp_request == found.request
    if row is None or not evaluated or not matches or not wanted:
        raise InvalidCode
    return row
