"""Browsers from which somebody has logged in: their tries are counted apart from those of strangers.

Tries at an account are limited whoever makes them, so that a stranger could use them all up and keep its owner out. A cookie
(OWASP's "device cookie") says that the log-in to this account succeeded from here before. It gives no right but that of tries
of its own, as many as a stranger has, and it ends when the password changes.
"""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from .models.user import AbstractUser

__all__ = ["COOKIE", "known_device", "remember_device"]

R = TypeVar("R", bound=HttpResponseBase)

COOKIE = "ai_cms_device"
#: Browsers keep no cookie longer.
_MAX_AGE = 400 * 24 * 3600
_SALT = "ai_cms.accounts.device"


def known_device(request: HttpRequest | None, user: AbstractUser | None) -> str:
    """Return the id of the device that ``request`` comes from, if ``user`` has logged in there before, else ""."""
    cookie = request.COOKIES.get(COOKIE, "") if request is not None else ""
    if not cookie or user is None:
        return ""
    try:
        claims = signing.loads(cookie, salt=_SALT, max_age=_MAX_AGE)
        device, state = uuid.UUID(claims["device"]).hex, str(claims["state"])
    except (signing.BadSignature, AttributeError, KeyError, TypeError, ValueError):
        return ""
    return device if constant_time_compare(state, _state_of(user)) else ""


def remember_device(response: R, request: HttpRequest, user: AbstractUser) -> R:
    """Have the browser remember that ``user`` has logged in there, and return the response."""
    device = known_device(request, user) or uuid.uuid4().hex
    response.set_cookie(
        COOKIE,
        signing.dumps({"device": device, "state": _state_of(user)}, salt=_SALT),
        max_age=_MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _state_of(user: AbstractUser) -> str:
    """Return what changes with the account's password, without saying which account or password it is."""
    return salted_hmac(_SALT, f"{user.pk}:{user.stamp}", algorithm="sha256").hexdigest()
