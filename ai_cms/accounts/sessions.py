"""Who is logged in where: the list, and ending one or all of them."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ai_cms.core.limits import client_address

from .models import LoginSession, RefreshToken, SessionKind
from .models.user import AbstractUser

__all__ = [
    "SESSION_ID",
    "USE_STEP",
    "announce_browser_session",
    "live_sessions",
    "note_browser_session",
    "open_session",
    "revoke",
    "revoke_user",
    "touch",
]

logger = logging.getLogger("ai_cms.accounts")

#: How exact "last used" is.
USE_STEP = timedelta(minutes=1)
#: Under which a browser's session remembers its row.
SESSION_ID = "ai_cms_accounts.session"
_ANNOUNCED = "_ai_cms_announced_session"


def open_session(
    user: Any,
    kind: SessionKind,
    request: HttpRequest | None,
    *,
    expires_at: datetime,
    session_key: str = "",
    session_id: uuid.UUID | None = None,
) -> LoginSession:
    """Write down a log-in. ``session_id``: its id, where it has to be unique for a reason of the caller's."""
    now = timezone.now()
    session = LoginSession(
        user=user, kind=kind, created_at=now, last_used_at=now, expires_at=expires_at, session_key=session_key
    )
    if session_id is not None:
        session.pk = session_id
    touch(session, request)
    session.save(force_insert=True)
    return session


def touch(session: LoginSession, request: HttpRequest | None) -> None:
    """Set the last use, and from where, without saving."""
    session.last_used_at = timezone.now()
    if request is not None:
        session.address = client_address(request)
        session.device = "".join(c for c in request.META.get("HTTP_USER_AGENT", "") if c.isprintable())[:300]


def note_browser_session(request: HttpRequest, user: Any) -> LoginSession:
    """Return the row of this browser's session, made if there is none, with the key the session has now."""
    if not request.session.session_key:
        request.session.save()
    key = request.session.session_key or ""
    known = getattr(request, _ANNOUNCED, None) or request.session.get(SESSION_ID)
    mine = LoginSession.objects.filter(user=user, kind=SessionKind.BROWSER, revoked_at=None)
    row = mine.filter(pk=known).first() if known else None
    if row is None:
        row = open_session(
            user, SessionKind.BROWSER, request, expires_at=request.session.get_expiry_date(), session_key=key
        )
    elif row.session_key != key:
        # Django gives a session another key when a password is changed.
        row.session_key = key
        row.save(update_fields=["session_key"])
    if request.session.get(SESSION_ID) != str(row.pk):
        request.session[SESSION_ID] = str(row.pk)
    return row


def announce_browser_session(request: HttpRequest, user: AbstractUser, session_id: uuid.UUID) -> None:
    """Make the row of a log-in that is about to happen. Raises IntegrityError if there is one of that id."""
    expires = request.session.get_expiry_date()
    open_session(user, SessionKind.BROWSER, request, expires_at=expires, session_id=session_id)
    setattr(request, _ANNOUNCED, session_id)


def live_sessions(user: Any) -> QuerySet[LoginSession]:
    """Return the log-ins of a user that have neither ended nor expired."""
    return LoginSession.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())


def revoke(rows: QuerySet[LoginSession], reason: str) -> int:
    """End log-ins, the browsers' by taking their session away, and return their number."""
    live = list(rows.filter(revoked_at=None).values_list("pk", "session_key"))
    if not live:
        return 0
    with transaction.atomic():
        ids = [pk for pk, _key in live]
        ended = LoginSession.objects.filter(pk__in=ids, revoked_at=None).update(
            revoked_at=timezone.now(), reason=reason
        )
        RefreshToken.objects.filter(session__in=ids, spent_at=None).update(spent_at=timezone.now())
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for _pk, key in live:
        if key:
            store().delete(key)
    return int(ended)


def revoke_user(user: Any, reason: str) -> int:
    """End every log-in of a user."""
    return revoke(LoginSession.objects.filter(user=user), reason)
