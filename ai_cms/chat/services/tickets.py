"""Tickets for WebSockets: made for a browser's session, used once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from ai_cms.core.permissions import Actor, ActorLike
from ai_cms.core.tokens import digest_of

from ..exceptions import SessionNeeded
from ..models import SocketTicket

__all__ = ["TICKET_SECONDS", "make_ticket", "use_ticket"]

#: Seconds in which a ticket is good.
TICKET_SECONDS = 30
_LONGEST = 100


def make_ticket(session: SessionBase | None, *, actor: ActorLike) -> str:
    """Return a ticket for the actor, who is logged in with ``session``. Raises SessionNeeded."""
    who = Actor.of(actor)
    key = session.session_key if session is not None else None
    if who.account is None or who.via != "session" or not key:
        raise SessionNeeded
    now = timezone.now()
    SocketTicket.objects.filter(expires_at__lte=now).delete()
    ticket = secrets.token_urlsafe(32)
    SocketTicket.objects.create(
        digest=digest_of(ticket),
        user=who.account,
        session_digest=_of_session(key),
        expires_at=now + timedelta(seconds=TICKET_SECONDS),
    )
    return ticket


def use_ticket(ticket: str, session_key: str) -> Any | None:
    """Spend a ticket and return the id of its user; ``None`` for one that is not good in that session."""
    if not ticket or len(ticket) > _LONGEST or not ticket.isascii():
        return None
    found = SocketTicket.objects.filter(digest=digest_of(ticket)).first()
    if found is None:
        return None
    # Who deletes it has it; also one that does not fit is spent.
    spent, _rows = SocketTicket.objects.filter(pk=found.pk).delete()
    good = found.expires_at > timezone.now() and constant_time_compare(found.session_digest, _of_session(session_key))
    return found.user_id if spent and good else None


def _of_session(key: str) -> str:
    return salted_hmac("ai_cms.chat.tickets", key, algorithm="sha256").hexdigest()
