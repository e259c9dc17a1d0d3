"""Who calls the MCP server: always a program with a bearer token, never a session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from ai_cms.core.agents import mark_outside
from ai_cms.core.api.authentication import get_authenticators
from ai_cms.core.models import ApiToken
from ai_cms.core.permissions import SCOPES, Actor, AgentLimits, reach_of, scopes_up_to

__all__ = ["Caller", "caller_of", "find_caller"]


@dataclass(frozen=True)
class Caller:
    """Who calls. ``token``: the API token, ``None`` for tokens of other kinds, whose callers can only propose."""

    actor: Actor
    token: ApiToken | None

    @property
    def principal(self) -> str:
        """Whose idempotency keys these are."""
        return f"mcp-token:{self.token.pk}" if self.token is not None else f"mcp-user:{self.actor.user.pk}"

    @property
    def is_contained(self) -> bool:
        """Whether text from outside was read a short while ago."""
        return self.token is None or (self.token.agent or self.token).is_contained()

    def has_read(self, source: str) -> None:
        """Note that the caller was shown text from outside: from now on it can only propose."""
        if self.token is not None:
            mark_outside(self.token, source)


def find_caller(request: HttpRequest) -> Caller | None:
    """Return who sends ``request``, ``None`` without a token. Raises AuthenticationFailed, LimitExceeded."""
    wrapped = Request(request)
    for authenticator in get_authenticators():
        if isinstance(authenticator, SessionAuthentication):
            # A page of another site could send the cookie of whoever looks at it.
            continue
        found: Any = authenticator.authenticate(wrapped)
        if found is not None:
            return caller_of(*found)
    return None


def caller_of(user: Any, auth: Any) -> Caller:
    """Return who acts with a token for ``user``. Raises AuthenticationFailed for who may no longer log in."""
    if not getattr(user, "is_active", False):
        raise AuthenticationFailed
    if not isinstance(auth, ApiToken):
        # Nothing remembers what the holder of such a token has read, so it is taken as if it had read anything.
        scopes = getattr(auth, "scopes", None)
        left = frozenset(scopes_up_to("propose")) & frozenset(SCOPES if scopes is None else reach_of(scopes))
        return Caller(_actor(user, left, None, "MCP"), None)
    limits = auth.agent_limits
    label = auth.agent_label or f"{auth.name or 'MCP'} (for {user.get_username()[:100]})"
    return Caller(_actor(user, frozenset(auth.effective_scopes), limits, label), auth)


def _actor(user: Any, scopes: frozenset[str], limits: AgentLimits | None, label: str) -> Actor:
    # Who speaks this protocol is a model, whoever owns the token.
    return replace(Actor.of(user), scopes=scopes, via="agent", label=label, agent=limits or AgentLimits(0))
