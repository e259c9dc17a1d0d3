"""Logging in: a password, a second factor where there is one, then tokens or a browser's session.

Between the two factors stands a ticket: signed, short-lived, of one account in one state, and good for one log-in, because
its id becomes the id of the log-in.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import auth
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from . import limits, sessions
from .conf import accounts_settings
from .devices import known_device
from .exceptions import InvalidCode, InvalidCredentials, InvalidTicket, SecondFactorRequired
from .factors import second_factors
from .models import LoginSession
from .models.user import AbstractUser
from .tokens import TokenPair, issue

__all__ = ["Passed", "log_in_browser", "log_in_tokens", "log_out", "second_factor", "with_password"]

BACKEND = "ai_cms.accounts.backends.EmailBackend"
_SALT = "ai_cms.accounts.ticket"


@dataclass(frozen=True)
class Passed:
    """Someone who has proven who they are; ``login_id`` is the id of the log-in that this is good for."""

    user: Any
    login_id: uuid.UUID


def with_password(email: str, password: str, request: HttpRequest) -> Passed:
    """Check an address and a password. Tries from a device that the account is known on are counted apart.

    Raises SecondFactorRequired with the ticket where the account has one, InvalidCredentials for every other reason,
    LimitExceeded.
    """
    model: Any = get_user_model()
    user = model.objects.with_email(email).first()
    device = known_device(request, user)
    whose = f"device:{device}" if device else email
    limits.count(limits.LOGIN, whose, request)
    if user is None:
        # As slow as a wrong password.
        make_password(password)
        raise InvalidCredentials
    if not user.check_password(password) or not user.can_log_in:
        raise InvalidCredentials
    limits.forget(limits.LOGIN, whose)
    passed = Passed(user, uuid.uuid4())
    methods = second_factors(user)
    if methods:
        raise SecondFactorRequired(_ticket(passed), list(methods))
    return passed


def second_factor(ticket: str, method: str, answer: object, request: HttpRequest) -> Passed:
    """Check the second factor of the log-in that ``ticket`` stands for.

    ``method``: one of those that were named with it. Raises InvalidTicket, InvalidCode, InvalidPasskey, LimitExceeded.
    """
    passed = read_ticket(ticket)
    factor = second_factors(passed.user).get(method)
    if factor is None:
        raise InvalidCode
    limits.count(limits.FACTOR, str(passed.user.pk), request)
    factor.check(passed.user, answer, request)
    limits.forget(limits.FACTOR, str(passed.user.pk))
    return passed


def log_in_tokens(passed: Passed, request: HttpRequest) -> TokenPair:
    """Open the log-in of an app. Raises InvalidTicket if it was opened before."""
    try:
        with transaction.atomic():
            pair = issue(passed.user, request, session_id=passed.login_id)
    except IntegrityError:
        raise InvalidTicket from None
    _note_login(passed.user)
    return pair


def log_in_browser(passed: Passed, request: HttpRequest) -> None:
    """Open a browser's session. Raises InvalidTicket if the ticket was used before."""
    try:
        with transaction.atomic():
            sessions.announce_browser_session(request, passed.user, passed.login_id)
    except IntegrityError:
        raise InvalidTicket from None
    auth.login(request, passed.user, backend=BACKEND)


def log_out(request: HttpRequest, session: LoginSession | None) -> None:
    """End the log-in of a token, or the browser's session."""
    if session is not None:
        sessions.revoke(LoginSession.objects.filter(pk=session.pk), "logout")
    elif hasattr(request, "session") and request.user.is_authenticated:
        auth.logout(request)


def read_ticket(ticket: str) -> Passed:
    """Return who a ticket stands for. Raises InvalidTicket."""
    try:
        claims = signing.loads(ticket, salt=_SALT, max_age=accounts_settings.LOGIN_TICKET_LIFETIME)
        user = get_user_model()._base_manager.filter(pk=claims["user"]).first()
        login_id = uuid.UUID(claims["id"])
    except (signing.BadSignature, KeyError, TypeError, ValueError, ValidationError):
        raise InvalidTicket from None
    if user is None or not user.can_log_in or not constant_time_compare(user.stamp, claims["stamp"]):
        raise InvalidTicket
    if LoginSession.objects.filter(pk=login_id).exists():
        raise InvalidTicket
    return Passed(user, login_id)


def _ticket(passed: Passed) -> str:
    claims = {"user": str(passed.user.pk), "stamp": passed.user.stamp, "id": str(passed.login_id)}
    return signing.dumps(claims, salt=_SALT)


def _note_login(user: AbstractUser) -> None:
    type(user)._base_manager.filter(pk=user.pk).update(last_login=timezone.now())
