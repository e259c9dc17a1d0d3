"""Sending what is in the outbox, with retries and an end.

An attempt claims its row by a compare-and-set with a lease, renders and sends outside any transaction, and marks it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from . import mail
from .conf import accounts_settings
from .models import MailState, OutboxMail

__all__ = ["deliver", "deliver_due", "next_due"]

logger = logging.getLogger("ai_cms.accounts")

#: Seconds before the second, third, … attempt; the last one repeats.
WAITS = (10, 30, 60, 120, 300, 900, 1800)


def deliver(pk: int) -> bool:
    """Try to send one mail; return whether it is done with. Nothing is raised for a mail server that refuses."""
    row = _claim(pk)
    if row is None:
        return True
    try:
        sent = mail.send(row)
    except Exception as error:
        return _failed(row, error)
    state = MailState.SENT if sent else MailState.VOID
    OutboxMail.objects.filter(pk=row.pk, lease_until=row.lease_until).update(
        state=state, sent_at=timezone.now() if sent else None, lease_until=None, error=""
    )
    return True


def deliver_due(most: int = 200) -> int:
    """Try to send what is due, at most ``most`` mails; return how many are done with."""
    due = list(_due(timezone.now()).order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:most])
    return sum(deliver(pk) for pk in due)


def next_due() -> datetime | None:
    """Return when the next mail that waits is to be tried; ``None`` if none waits."""
    # What somebody is sending right now is due when that attempt counts as dead.
    moment = Greatest("next_attempt_at", Coalesce("lease_until", "next_attempt_at"))
    found: datetime | None = OutboxMail.objects.filter(state=MailState.QUEUED).aggregate(at=Min(moment))["at"]
    return found


def _due(now: datetime) -> QuerySet[OutboxMail]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return OutboxMail.objects.filter(free, state=MailState.QUEUED, next_attempt_at__lte=now)


def _claim(pk: int) -> OutboxMail | None:
    now = timezone.now()
    lease = now + timedelta(seconds=accounts_settings.MAIL_LEASE)
    if not _due(now).filter(pk=pk).update(lease_until=lease, attempts=F("attempts") + 1):
        return None
    return OutboxMail.objects.filter(pk=pk, lease_until=lease).first()


def _failed(row: OutboxMail, error: Exception) -> bool:
    now = timezone.now()
    dead = now - row.created_at >= timedelta(hours=accounts_settings.MAIL_RETRY_HOURS)
    wait = WAITS[min(row.attempts, len(WAITS)) - 1]
    # The class and the server's words; neither has the mail's text.
    text = f"{type(error).__name__}: {error}"[:300]
    OutboxMail.objects.filter(pk=row.pk, lease_until=row.lease_until).update(
        state=MailState.DEAD if dead else MailState.QUEUED,
        next_attempt_at=now + timedelta(seconds=wait),
        lease_until=None,
        error=text,
    )
    log = logger.error if dead else logger.warning
    log("Mail %s (%s) was not sent, attempt %s: %s", row.pk, row.kind, row.attempts, type(error).__name__)
    return dead
