"""Mail that survives a mail server that is away: a row written with what it tells about, sent after the commit."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.utils import timezone, translation

from ai_cms.core.mappings import TemplateContext

from .mail import context_of
from .mail_runners import wake_after_commit
from .models import MailState, OutboxMail

__all__ = ["queue"]


def queue(
    kind: str,
    to: str,
    *,
    context: TemplateContext | None = None,
    otp_request: uuid.UUID | None = None,
    request: HttpRequest | None = None,
    send: bool = True,
) -> OutboxMail:
    """Write a mail down, in the transaction of what it tells about; it goes out once that has been committed.

    ``kind``: its templates, ``ai_cms/accounts/mail/<kind>.{subject.txt,txt,html}``. ``context``: JSON values for them,
    nothing secret. ``otp_request``: the request whose code it brings. ``send``: False writes a row that is not sent.
    """
    now = timezone.now()
    row = OutboxMail.objects.create(
        kind=kind,
        to=to,
        language=translation.get_language() or "",
        context={**context_of(request), **(context or {})},
        otp_request=otp_request,
        state=MailState.QUEUED if send else MailState.VOID,
        created_at=now,
        next_attempt_at=now,
    )
    wake_after_commit(row.pk if send else None)
    return row
