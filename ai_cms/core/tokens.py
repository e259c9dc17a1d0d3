"""API tokens: made once, shown once, stored as a digest."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connections, router, transaction
from django.db.models import Q
from django.utils import timezone

from .databases import without_waiting
from .exceptions import InvalidInput
from .models import AgentAccount, ApiToken
from .permissions import SCOPES, reach_of

__all__ = ["TOKEN_PREFIX", "create_token", "digest_of", "find_token", "revoke_token"]

#: What every secret begins with, so that people and secret scanners recognise one.
TOKEN_PREFIX = "aicms_"  # noqa: S105
_SECRET_BYTES = 32
_LONGEST_SECRET = 200
_LAST_USED_STEP = timedelta(minutes=1)

logger = logging.getLogger(__name__)


def digest_of(secret: str) -> str:
    """Return the digest that is stored; a plain hash is enough for a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(
    user: Any,
    *,
    scopes: Iterable[str] = ("read",),
    name: str = "",
    expires_at: datetime | None = None,
    agent: AgentAccount | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for ``user`` and return it with its secret, which cannot be had again.

    ``scopes``: the widest counts, since each includes all that are narrower. ``agent``: of that user, whose token it is to be;
    see :mod:`ai_cms.core.agents`.
    Raises InvalidInput for an unknown scope, for no scope at all and for an expiry in the past.
    """
    wanted = set(scopes)
    if unknown := sorted(wanted - set(SCOPES)):
        raise InvalidInput(errors={"scopes": [f"Unknown scope: {scope}." for scope in unknown]})
    if not wanted:
        raise InvalidInput(errors={"scopes": ["A token needs at least one scope."]})
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput(errors={"expires_at": ["The expiry must be in the future."]})
    secret = TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        hint=secret[: len(TOKEN_PREFIX) + 4],
        digest=digest_of(secret),
        scopes=list(reach_of(wanted)),
        expires_at=expires_at,
        agent=agent,
    )
    return token, secret


def find_token(secret: str) -> ApiToken | None:
    """Return the valid token of ``secret`` with its user loaded, and note its use; ``None`` for anything else."""
    if not secret.startswith(TOKEN_PREFIX) or len(secret) > _LONGEST_SECRET or not secret.isascii():
        return None
    token = ApiToken.objects.select_related("user", "agent__owner").filter(digest=digest_of(secret)).first()
    now = timezone.now()
    if token is None or not token.is_valid(now) or not token.user.is_active:
        return None
    if token.agent is not None and (not token.agent.is_alive(now) or token.agent.owner_id != token.user_id):
        return None
    _note_use(token, now)
    return token


def revoke_token(token: ApiToken) -> None:
    """End ``token`` from the next request on."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is not None and now - token.last_used_at < _LAST_USED_STEP:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _LAST_USED_STEP)
    connection = connections[router.db_for_write(ApiToken)]
    guard = transaction.atomic(using=connection.alias) if connection.in_atomic_block else nullcontext()
    try:
        with guard, without_waiting(connection):
            ApiToken.objects.using(connection.alias).filter(stale, pk=token.pk).update(last_used_at=now)
    except DatabaseError:
        # Bookkeeping must neither fail nor delay a request that could be served; a busy database shows up soon enough.
        logger.warning("Could not note the use of API token %s.", token.pk)
