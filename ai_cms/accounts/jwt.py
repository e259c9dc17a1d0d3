"""Signed tokens: what stands in one, and reading it back.

The claims are those of the API's documents (``user_id``, ``email``, ``exp``, ``iat``, ``type``) with ``jti``, ``sid`` (the
log-in), ``ver`` (the state of the account), ``aud`` and ``iss``. HS256 alone; the header's ``kid`` chooses among the keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import jwt
from django.conf import settings
from django.utils.crypto import salted_hmac

from .conf import accounts_settings
from .models.user import AbstractUser

__all__ = ["ACCESS", "REFRESH", "BadToken", "Claims", "ExpiredToken", "decode", "encode"]

ACCESS = "access"
REFRESH = "refresh"
_ALGORITHM = "HS256"
_REQUIRED = ["exp", "iat", "aud", "iss", "jti", "type", "user_id", "sid", "ver"]
_LONGEST = 4096


class BadToken(Exception):
    """The token is none of ours."""


class ExpiredToken(BadToken):
    """The token is one of ours, and its time is over."""


@dataclass(frozen=True)
class Claims:
    """What a token says. ``user_id`` is text: the primary key of whatever user model there is."""

    type: str
    user_id: str
    session_id: UUID
    token_id: UUID
    version: str


def encode(
    kind: str, user: AbstractUser, *, session_id: UUID, token_id: UUID, issued: datetime, expires: datetime
) -> str:
    """Return a signed token."""
    key_id, key = next(_keys())
    claims = {
        "user_id": str(user.pk),
        "email": user.email,
        "exp": int(expires.timestamp()),
        "iat": int(issued.timestamp()),
        "type": kind,
        "jti": str(token_id),
        "sid": str(session_id),
        "ver": user.stamp,
        "aud": accounts_settings.JWT_AUDIENCE,
        "iss": accounts_settings.JWT_ISSUER,
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": key_id})


def decode(token: str, kind: str) -> Claims:
    """Return the claims of a token of ``kind``. Raises ExpiredToken, BadToken."""
    if len(token) > _LONGEST or not token.isascii() or token.count(".") != 2:
        raise BadToken
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = next(key for known, key in _keys() if known == key_id)
        # A time of another machine, a little ahead of ours, is no reason to refuse what it has just issued.
        payload = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=accounts_settings.JWT_AUDIENCE,
            issuer=accounts_settings.JWT_ISSUER,
            options={"require": _REQUIRED},
            leeway=0,
        )
        found = Claims(
            type=payload["type"],
            user_id=payload["user_id"],
            session_id=UUID(payload["sid"]),
            token_id=UUID(payload["jti"]),
            version=payload["ver"],
        )
    except jwt.ExpiredSignatureError as error:
        raise ExpiredToken from error
    except (jwt.PyJWTError, StopIteration, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise BadToken from error
    if found.type != kind or not isinstance(found.user_id, str) or not isinstance(found.version, str):
        raise BadToken
    return found


def _keys() -> Iterator[tuple[str, bytes]]:
    """Yield the signing key with its id, then the former ones."""
    own = accounts_settings.JWT_SECRET_KEY
    if own:
        secrets = [own.encode(), *(key.encode() for key in accounts_settings.JWT_SECRET_KEY_FALLBACKS)]
    else:
        secrets = [_derived(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
        secrets += [key.encode() for key in accounts_settings.JWT_SECRET_KEY_FALLBACKS]
    for secret in secrets:
        yield hashlib.sha256(b"ai_cms.accounts.kid:" + secret).hexdigest()[:16], secret


def _derived(secret: str | bytes) -> bytes:
    return salted_hmac("ai_cms.accounts.jwt", "key", secret=secret, algorithm="sha256").hexdigest().encode()
