"""Making an account: register, prove the address by a code, ask for another code.

Whether the address has an account is never told: the answers are the same, and so is the work.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.slugs import slug_with_suffix

from ..core.jsontypes import JsonObject
from . import limits, otp
from .conf import accounts_settings
from .emails import clean_email, email_key
from .exceptions import InvalidCode, RegistrationClosed
from .models import EmailOtp, OtpPurpose
from .models.user import AbstractUser
from .signals import email_verified, user_registered

__all__ = ["Registration", "checked_email", "checked_password", "register", "resend_code", "verify_email"]


@dataclass(frozen=True)
class Registration:
    """What a stranger is told: of a new account what it is, of a known address what a new one would be."""

    id: uuid.UUID
    email: str
    username: str
    name: str
    slug: str
    request: uuid.UUID


def register(
    email: str, password: str, *, username: str = "", name: str = "", request: HttpRequest | None = None
) -> Registration:
    """Make an account that waits for its address to be proven, and send the code.

    For an address that has an account a mail says so instead. A second registration of an account that still waits
    replaces its password and names once the newer code is typed in. Raises RegistrationClosed, InvalidInput,
    LimitExceeded.
    """
    if not accounts_settings.ALLOW_REGISTRATION:
        raise RegistrationClosed
    address = checked_email(email)
    model: Any = get_user_model()
    draft = model(email=address, username=username, name=name)
    checked_password(password, draft)
    limits.count(limits.REGISTER, address, request)
    otp.count_sending(address, request)
    # The same work whoever it is: one hash, one code, one mail.
    payload = {"password": make_password(password), "username": username, "name": name}
    with transaction.atomic():
        user = model.all_objects.with_email(address).first()
        made = user is None and _create(draft, payload["password"])
        if made:
            user = draft
        elif user is None:
            # Registered by another request a moment ago.
            user = model.all_objects.with_email(address).first()
        pending = user is not None and user.is_pending
        row = otp.ask(
            OtpPurpose.REGISTER,
            address,
            kind="verify" if pending else "account_exists",
            user=user if pending else None,
            payload=payload,
            mail_to=user.email if user is not None else address,
            # A notice needs no code, and the mail of a code that is not live would not go out.
            context={"closed": bool(user and user.is_deleted)},
            request=request,
            with_code=pending,
        )
        if made:
            user_registered.send(model, instance=draft)
    slug = draft.slug or slug_with_suffix(username or name or "user", 8)
    return Registration(draft.pk if made else uuid.uuid4(), address, username, name, slug, row.request)


def verify_email(
    email: str, code: str, *, request: HttpRequest | None = None, otp_request: uuid.UUID | None = None
) -> Any:
    """Prove the address of a new account and return its user, who may log in from now on. Raises InvalidCode."""
    with otp.proven(OtpPurpose.REGISTER, email, code, client=request, otp_request=otp_request) as row:
        user: Any = row.user
        if not user.is_pending:
            raise InvalidCode
        activate(user, row.payload)
    return user


def activate(user: AbstractUser, payload: JsonObject) -> None:
    """Let a user in who waited for it, with what the proven request asked for."""
    if payload:
        # What another request, whose code nobody typed in, wanted of the account is gone with this.
        user.password = payload["password"]
        user.username, user.name = payload["username"], payload["name"]
    user.is_verified = True
    user.is_active = True
    user.save(update_fields=["password", "username", "name", "is_verified", "is_active"])
    email_verified.send(type(user), instance=user)


def resend_code(email: str, *, request: HttpRequest | None = None) -> EmailOtp:
    """Send a new code to an account that waits for one; the old code and its tries are gone. Raises LimitExceeded."""
    address = checked_email(email)
    otp.count_sending(address, request)
    model: Any = get_user_model()
    user = model.all_objects.with_email(address).first()
    pending = user is not None and user.is_pending
    row = EmailOtp.objects.filter(address=email_key(address), purpose=OtpPurpose.REGISTER).first()
    return otp.ask(
        OtpPurpose.REGISTER,
        address,
        kind="verify",
        user=user if pending else None,
        payload=row.payload if row is not None and pending else {},
        mail_to=user.email if pending else address,
        request=request,
        send=pending,
    )


def checked_email(email: str) -> str:
    """Return the address as it is stored. Raises InvalidInput for what is none."""
    try:
        return clean_email(email)
    except ValidationError as error:
        raise InvalidInput(errors={"email": list(error.messages)}) from error


def checked_password(password: str, user: Any, field: str = "password") -> None:
    """Ask the validators of the project. Raises InvalidInput."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(errors={field: list(error.messages)}) from error


def _create(user: AbstractUser, password_hash: str) -> bool:
    user.password = password_hash
    user.is_active = False
    user.is_verified = False
    try:
        # In a savepoint of its own, so that a refusal undoes nothing else.
        user.save(force_insert=True)
    except IntegrityError:
        return False
    return True
