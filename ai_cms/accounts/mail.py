"""What a mail says, and handing it to Django."""

from __future__ import annotations

from typing import Any

import django
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation

from .conf import accounts_settings
from .models import OutboxMail
from .otp_codes import make_code

__all__ = ["KINDS", "context_of", "send"]

#: The mails there are; each has three templates in ``ai_cms/accounts/mail/``.
KINDS = (
    "verify",
    "account_exists",
    "reset",
    "change_email",
    "email_changed",
    "password_changed",
    "second_factor_changed",
)


def context_of(request: HttpRequest | None) -> dict[str, Any]:
    """Return what every template knows: ``site_name``."""
    name = accounts_settings.ACCOUNTS_SITE_NAME
    if not name and request is not None:
        name = request.get_host()
    return {"site_name": name}


def send(row: OutboxMail) -> bool:
    """Render and send a mail; return whether there was anything to send. Raises whatever the mail server does."""
    context = dict(row.context)
    if row.otp_request is not None:
        code = make_code(row.otp_request)
        if code is None:
            # Asked for again meanwhile, or used: a code that is worthless helps nobody.
            return False
        context["code"] = code
        context["minutes"] = accounts_settings.OTP_LIFETIME // 60
    with translation.override(row.language or None):
        template = f"ai_cms/accounts/mail/{row.kind}"
        # Templates end in a newline, and a subject must not have any.
        subject = " ".join(render_to_string(f"{template}.subject.txt", context).split())
        text = render_to_string(f"{template}.txt", context)
        html = render_to_string(f"{template}.html", context)
    message = EmailMultiAlternatives(subject, text, to=[row.to])
    message.attach_alternative(html, "text/html")
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        # None is kept idle for as long as a mail server takes.
        connection.close()
    if django.VERSION >= (6, 1):
        message.send(using=accounts_settings.MAILER)
    else:
        message.send()
    return True
