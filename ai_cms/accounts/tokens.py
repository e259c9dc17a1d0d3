"""Access and refresh tokens of a log-in: issued, rotated, read, and dead when they should be.

A refresh token is spent by a compare-and-set on its row and replaced in the same transaction, under the lock of its log-in:
of many that come at once exactly one is answered with tokens. One that comes again ends the whole log-in, for somebody has
it who should not.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from . import sessions
from .conf import accounts_settings
from .exceptions import InvalidRefreshToken
from .jwt import ACCESS, REFRESH, BadToken, Claims, decode, encode
from .models import LoginSession, RefreshToken, SessionKind
from .models.user import AbstractUser

__all__ = ["TokenPair", "end_by_refresh_token", "issue", "read_access", "rotate"]


@dataclass(frozen=True)
class TokenPair:
    """What a client gets; ``session`` is the log-in that both belong to."""

    access: str
    refresh: str
    session: LoginSession


@transaction.atomic
def issue(user: Any, request: HttpRequest | None, *, session_id: uuid.UUID | None = None) -> TokenPair:
    """Open a log-in for an app and return its first tokens."""
    session = sessions.open_session(
        user,
        SessionKind.TOKEN,
        request,
        expires_at=timezone.now() + timedelta(days=accounts_settings.JWT_REFRESH_DAYS),
        session_id=session_id,
    )
    return _mint(user, session, timezone.now())


def rotate(token: str, request: HttpRequest | None = None) -> TokenPair:
    """Spend a refresh token and return new tokens. Raises InvalidRefreshToken, which ends the log-in on reuse."""
    claims = _claims(token)
    now = timezone.now()
    row = RefreshToken.objects.select_related("session").filter(pk=claims.token_id).first()
    if row is None or row.session_id != claims.session_id or row.session.revoked_at is not None:
        raise InvalidRefreshToken
    user = _user_of(claims)
    if user is None or row.expires_at <= now or row.session.user_id != user.pk:
        raise InvalidRefreshToken
    pair = _replace(row, user, request, now)
    if pair is None:
        # Outside of that transaction, which a refusal would undo.
        sessions.revoke(LoginSession.objects.filter(pk=row.session_id), "reuse")
        raise InvalidRefreshToken
    return pair


@transaction.atomic
def _replace(row: RefreshToken, user: AbstractUser, request: HttpRequest | None, now: datetime) -> TokenPair | None:
    """Spend a refresh token and mint new ones; ``None`` for one that is spent. Raises InvalidRefreshToken for an ended log-in."""
    # Locked, so that what ended the log-in meanwhile ends the new tokens too, and reuse waits for the one that was first.
    session = LoginSession.objects.select_for_update().filter(pk=row.session_id, revoked_at=None).first()
    if session is None:
        raise InvalidRefreshToken
    spent = RefreshToken.objects.filter(pk=row.pk, spent_at=None).update(spent_at=now)
    if not spent and not _graced(row, now):
        return None
    sessions.touch(session, request)
    session.expires_at = now + timedelta(days=accounts_settings.JWT_REFRESH_DAYS)
    session.save(update_fields=["expires_at", "last_used_at", "address", "device"])
    return _mint(user, session, now)


def read_access(token: str) -> tuple[AbstractUser, LoginSession] | None:
    """Return the user and log-in of an access token, ``None`` if it is not valid. Raises ExpiredToken."""
    try:
        claims = decode(token, ACCESS)
    except BadToken as error:
        if type(error) is not BadToken:
            raise
        return None
    session = LoginSession.objects.select_related("user").filter(pk=claims.session_id, revoked_at=None).first()
    if session is None or str(session.user_id) != claims.user_id or not _is_good(session.user, claims):
        return None
    _note_use(session)
    return session.user, session


def end_by_refresh_token(token: str) -> None:
    """End the log-in of a refresh token; one that is not valid has none."""
    try:
        claims = decode(token, REFRESH)
    except BadToken:
        return
    sessions.revoke(LoginSession.objects.filter(pk=claims.session_id), "logout")


def _mint(user: AbstractUser, session: LoginSession, now: datetime) -> TokenPair:
    row = RefreshToken.objects.create(
        session=session, created_at=now, expires_at=now + timedelta(days=accounts_settings.JWT_REFRESH_DAYS)
    )
    until = now + timedelta(minutes=accounts_settings.JWT_ACCESS_MINUTES)
    access = encode(ACCESS, user, session_id=session.pk, token_id=uuid.uuid4(), issued=now, expires=until)
    refresh = encode(REFRESH, user, session_id=session.pk, token_id=row.pk, issued=now, expires=row.expires_at)
    return TokenPair(access, refresh, session)


def _graced(row: RefreshToken, now: datetime) -> bool:
    """Return whether a spent token is taken once more: shortly after it was spent, and only if that is set."""
    grace = accounts_settings.JWT_REFRESH_GRACE
    if not grace:
        return False
    since = now - timedelta(seconds=grace)
    used = RefreshToken.objects.filter(pk=row.pk, spent_at__gte=since, graced_at=None).update(graced_at=now)
    return used == 1


def _claims(token: str) -> Claims:
    try:
        return decode(token, REFRESH)
    except BadToken as error:
        raise InvalidRefreshToken from error


def _user_of(claims: Claims) -> AbstractUser | None:
    try:
        user = get_user_model()._base_manager.filter(pk=claims.user_id).first()
    except (ValueError, ValidationError):
        return None
    return user if user is not None and _is_good(user, claims) else None


def _is_good(user: AbstractUser, claims: Claims) -> bool:
    return bool(user.can_log_in and constant_time_compare(user.stamp, claims.version))


def _note_use(session: LoginSession) -> None:
    now = timezone.now()
    if now - session.last_used_at < sessions.USE_STEP:
        return
    try:
        with transaction.atomic():
            LoginSession.objects.filter(pk=session.pk).update(last_used_at=now)
    except DatabaseError:
        # Bookkeeping must not fail a request that could be served.
        sessions.logger.warning("Could not note the use of a log-in.", exc_info=True)
