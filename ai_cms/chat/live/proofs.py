"""Whose a socket is. A socket outlives log-outs, so it is asked again, each time from the beginning."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from ai_cms.core.api.authentication import get_authenticators
from ai_cms.core.permissions import Actor

from ..services import use_ticket

__all__ = ["Proof", "SessionProof", "TokenProof", "prove_by_ticket", "prove_by_token"]

#: Characters of a token at most, so that nobody has us read novels.
_LONGEST = 4_096


class Proof(Protocol):
    """Something that was shown once, and may have ended since."""

    def actor(self) -> Actor | None:
        """Return who acts, ``None`` if the proof is good no longer."""


class TokenProof:
    """A bearer token, of whichever kind the API accepts."""

    def __init__(self, token: str) -> None:
        self._token = token

    def actor(self) -> Actor | None:
        django_request = HttpRequest()
        django_request.META["HTTP_AUTHORIZATION"] = f"Bearer {self._token}"
        django_request.user = AnonymousUser()
        # A session proves nothing here: there is none.
        kinds = [kind for kind in get_authenticators() if not isinstance(kind, SessionAuthentication)]
        request = Request(django_request, authenticators=kinds)
        try:
            actor = Actor.from_request(request)
        except APIException:
            return None
        return actor if actor.account is not None and actor.is_authenticated else None


class SessionProof:
    """The session of a browser whose cookie came with the socket."""

    def __init__(self, session_key: str, user_id: Any) -> None:
        self._key = session_key
        self._user_id = user_id

    def actor(self) -> Actor | None:
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self._key)
        # Django's own: the session is there, and no older than the password.
        user = get_user(request)
        if user.pk != self._user_id or not user.is_active:
            return None
        return Actor(user=user)


def prove_by_token(token: object) -> Proof | None:
    """Return the proof of a bearer token, ``None`` if it is not good."""
    if (
        not isinstance(token, str)
        or not token
        or len(token) > _LONGEST
        or not token.isascii()
        or not token.isprintable()
    ):
        return None
    proof = TokenProof(token)
    return proof if proof.actor() is not None else None


def prove_by_ticket(ticket: object, session_key: str) -> Proof | None:
    """Return the proof of a ticket, which is spent by that; ``None`` if it is not good in the session."""
    if not isinstance(ticket, str) or not session_key:
        return None
    user_id = use_ticket(ticket, session_key)
    if user_id is None:
        return None
    proof = SessionProof(session_key, user_id)
    return proof if proof.actor() is not None else None
