"""Passwords: forgotten, reset by a code, changed by whoever knows the current one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from . import limits, otp, outbox
from .exceptions import InvalidCode, WrongPassword
from .models import EmailOtp, OtpPurpose
from .models.user import AbstractUser
from .registration import checked_email, checked_password
from .signals import email_verified

__all__ = ["change_password", "confirm_password", "forget_password", "reset_password"]


def forget_password(email: str, *, request: HttpRequest | None = None) -> EmailOtp:
    """Send a code to whoever has this account; to nobody if there is none, at the same cost. Raises LimitExceeded."""
    address = checked_email(email)
    otp.count_sending(address, request)
    model: Any = get_user_model()
    user = model.all_objects.with_email(address).first()
    known = user is not None and (user.can_log_in or user.is_pending)
    return otp.ask(
        OtpPurpose.RESET,
        address,
        kind="reset",
        user=user if known else None,
        mail_to=user.email if known else address,
        request=request,
        send=known,
    )


def reset_password(
    email: str,
    code: str,
    new_password: str,
    *,
    request: HttpRequest | None = None,
    otp_request: uuid.UUID | None = None,
) -> Any:
    """Set a new password by a code and return the user; everything that was logged in ends.

    An account that waited for its address to be proven has proven it by this. Raises InvalidCode, InvalidInput.
    """
    # Without the user first: a weak password costs no guess and tells nothing of the account.
    checked_password(new_password, None, "new_password")
    with otp.proven(OtpPurpose.RESET, email, code, client=request, otp_request=otp_request) as row:
        user: Any = row.user
        if not (user.can_log_in or user.is_pending):
            raise InvalidCode
        checked_password(new_password, user, "new_password")
        user.set_password(new_password)
        fields = ["password"]
        if user.is_pending:
            user.is_verified = user.is_active = True
            fields += ["is_verified", "is_active"]
            email_verified.send(type(user), instance=user)
        user.save(update_fields=fields)
        otp.take_back(user.email, OtpPurpose.REGISTER)
        _notify(user, request)
    limits.forget(limits.LOGIN, user.email)
    return user


def change_password(user: Any, current: str, new: str, *, request: HttpRequest | None = None) -> None:
    """Set a new password; everything that was logged in ends. Raises WrongPassword, InvalidInput, LimitExceeded."""
    confirm_password(user, current)
    checked_password(new, user, "new_password")
    user.set_password(new)
    user.save(update_fields=["password"])
    otp.take_back(user.email, OtpPurpose.RESET)
    _notify(user, request)


def confirm_password(user: Any, password: str, field: str = "current_password") -> None:
    """See to it that it is the user who acts, before something that a stolen session must not do.

    Who has no password yet (social log-in) sets one by ``forget_password`` first. Raises WrongPassword, LimitExceeded.
    """
    limits.count(limits.PASSWORD, str(user.pk), None)
    if not user.check_password(password):
        raise WrongPassword(field)
    limits.forget(limits.PASSWORD, str(user.pk))


def _notify(user: AbstractUser, request: HttpRequest | None) -> None:
    outbox.queue("password_changed", user.email, context={"name": user.get_short_name()}, request=request)
