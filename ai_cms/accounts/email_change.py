"""Another address for an account: a code to the new one, a notice to the old one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from . import otp, outbox
from .emails import email_key
from .exceptions import InvalidCode
from .models import EmailOtp, OtpPurpose
from .passwords import confirm_password
from .registration import checked_email

__all__ = ["ask_for_email_change", "change_email"]


def ask_for_email_change(user: Any, email: str, password: str, *, request: HttpRequest | None = None) -> EmailOtp:
    """Send a code to the new address. Whether it has an account is not told: then the mail says so, without a code.

    Raises WrongPassword, InvalidInput, LimitExceeded.
    """
    address = checked_email(email)
    confirm_password(user, password, "password")
    otp.count_sending(address, request)
    model: Any = get_user_model()
    taken = model.all_objects.with_email(address).exclude(pk=user.pk).exists()
    return otp.ask(
        OtpPurpose.EMAIL,
        address,
        kind="account_exists" if taken else "change_email",
        user=None if taken else user,
        payload={"email": address, "user": str(user.pk)},
        request=request,
        with_code=not taken,
    )


def change_email(
    user: Any, email: str, code: str, *, request: HttpRequest | None = None, otp_request: uuid.UUID | None = None
) -> None:
    """Take the new address over; everything that was logged in ends. Raises InvalidCode."""
    old = user.email
    try:
        with otp.proven(OtpPurpose.EMAIL, email, code, client=request, otp_request=otp_request) as row:
            # The code is the account's that asked for it.
            if row.user_id != user.pk:
                raise InvalidCode
            user.email = row.payload["email"]
            with transaction.atomic():
                user.save(update_fields=["email"])
            otp.take_back(old, OtpPurpose.RESET)
            context = {"name": user.get_short_name(), "email": user.email}
            outbox.queue("email_changed", old, context=context, request=request)
    except IntegrityError:
        user.email, user.email_key = old, email_key(old)
        raise InvalidCode from None
