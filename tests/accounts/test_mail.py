"""Mail and a mail server that is away: the answer comes as ever, the mail once the server is back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import django
import pytest
from django.core import mail as django_mail
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone, translation

from ai_cms.accounts import mail_runners, outbox
from ai_cms.accounts.delivery import deliver_due
from ai_cms.accounts.mail import KINDS
from ai_cms.accounts.models import EmailOtp, MailState, OutboxMail

from .conftest import PASSWORD, post
from .smtp import FaultyServer

BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def smtp(port: int, timeout: float) -> Any:
    """Return the settings that send mail to a port of this machine."""
    if django.VERSION >= (6, 1):
        options = {"host": "127.0.0.1", "port": port, "timeout": timeout}
        return override_settings(MAILERS={"default": {"BACKEND": BACKEND, "OPTIONS": options}})
    return override_settings(EMAIL_BACKEND=BACKEND, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_TIMEOUT=timeout)


@pytest.fixture
def thread(settings: Any) -> Iterator[Any]:
    """Have mail sent by the thread, as sites do; it has ended when the test is over."""
    settings.AI_CMS = {**settings.AI_CMS, "MAIL_RUNNER": "thread"}
    yield mail_runners.mail_thread
    OutboxMail.objects.all().delete()
    mail_runners.mail_thread.wake()
    assert mail_runners.mail_thread.join(20)


def until(done: Callable[[], Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["refused", "451", "hang"])
def test_register_answers_as_ever_and_the_mail_arrives_once(
    fault: str, thread: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_cms.accounts.delivery.WAITS", (0.3,))
    monkeypatch.setattr("ai_cms.accounts.mail_runners.IDLE_SECONDS", 0.3)
    server = FaultyServer("hang" if fault == "hang" else "451")
    port = server.port
    if fault == "refused":
        server.close()
    # The server holds on for a minute; the mailer gives up after a second.
    with smtp(port, timeout=1):
        began = time.monotonic()
        answer = post("users/register/", {"email": "new@example.com", "password": PASSWORD})
        assert answer.status_code == 201
        assert time.monotonic() - began < 1
        until(lambda: OutboxMail.objects.filter(attempts__gte=1, lease_until=None).exists())
        assert OutboxMail.objects.get().state == MailState.QUEUED
        if fault == "refused":
            server = FaultyServer()
            with smtp(server.port, timeout=1):
                until(lambda: OutboxMail.objects.get().state == MailState.SENT)
        else:
            server.mode = "ok"
            until(lambda: OutboxMail.objects.get().state == MailState.SENT)
        server.close()
        assert len(server.received) == 1
        code = re.search(r"^ {4}(\d{6})$", server.received[0], re.MULTILINE)
        row = EmailOtp.objects.get()
        assert row.expires_at - row.sent_at == timedelta(minutes=10), "ten minutes from sending"
        assert code is not None
        assert post("users/verify-otp/", {"email": "new@example.com", "otp": code[1]}).status_code == 200


@pytest.mark.django_db
def test_mail_is_given_up_after_a_day_and_staff_sees_why(settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "MAIL_RUNNER": "none"}
    post("users/register/", {"email": "new@example.com", "password": PASSWORD})
    server = FaultyServer("451")
    with smtp(server.port, timeout=1):
        deliver_due()
        row = OutboxMail.objects.get()
        assert (row.state, row.attempts) == (MailState.QUEUED, 1)
        assert row.next_attempt_at > timezone.now()
        old = timezone.now() - timedelta(hours=25)
        OutboxMail.objects.update(created_at=old, next_attempt_at=old)
        deliver_due()
    server.close()
    row.refresh_from_db()
    assert row.state == MailState.DEAD
    assert "451" in row.error


@pytest.mark.django_db
def test_an_attempt_of_a_dead_process_is_taken_over(settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "MAIL_RUNNER": "none"}
    post("users/register/", {"email": "new@example.com", "password": PASSWORD})
    OutboxMail.objects.update(lease_until=timezone.now() + timedelta(seconds=60))
    deliver_due()
    assert django_mail.outbox == []
    OutboxMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    call_command("send_account_mail", verbosity=0)
    assert len(django_mail.outbox) == 1
    call_command("send_account_mail", verbosity=0)
    assert len(django_mail.outbox) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_has_a_subject_text_and_html(kind: str, ann: Any) -> None:
    context = {"name": "<Ann & Co>", "email": "b@example.com", "change": "on", "closed": False, "site_name": "Site"}
    post("users/forget-password/", {"email": "ann@example.com"})
    request = EmailOtp.objects.get().request if kind in ("verify", "reset", "change_email") else None
    outbox.queue(kind, "ann@example.com", context=context, otp_request=request)
    message = django_mail.outbox[-1]
    assert message.subject and "\n" not in message.subject
    html = message.alternatives[0][0]
    for text in (str(message.body), html):
        assert "Site" in text
        assert ("{%" in text) is False
    if kind in ("email_changed", "password_changed", "second_factor_changed"):
        assert "<Ann & Co>" in message.body and "&lt;Ann &amp; Co&gt;" in html


@pytest.mark.django_db
def test_a_mail_is_in_the_language_of_who_asked_for_it(tmp_path: Any) -> None:
    with translation.override("de"):
        outbox.queue("password_changed", "ann@example.com", context={"name": "Ann"})
    assert OutboxMail.objects.get().language == "de"


@pytest.mark.django_db
def test_a_host_overrides_a_template(settings: Any, tmp_path: Any) -> None:
    folder = tmp_path / "ai_cms/accounts/mail"
    folder.mkdir(parents=True)
    (folder / "password_changed.subject.txt").write_text("Ours\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    outbox.queue("password_changed", "ann@example.com", context={"name": "Ann"})
    assert django_mail.outbox[-1].subject == "Ours"


@pytest.mark.django_db
def test_mail_that_was_sent_is_forgotten_after_a_while(ann: Any) -> None:
    from ai_cms.accounts.housekeeping import clean_accounts

    post("users/forget-password/", {"email": "ann@example.com"})
    long_ago = timezone.now() - timedelta(days=40)
    OutboxMail.objects.update(created_at=long_ago)
    EmailOtp.objects.update(expires_at=long_ago)
    assert clean_accounts() == {"codes": 1, "refresh tokens": 0, "log-ins": 0, "mails": 1}
