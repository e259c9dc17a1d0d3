"""The account pages by a plain client: what each does, and that no script is needed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from ai_cms.accounts.models import LoginSession

from .conftest import PASSWORD, last_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann_client(ann: Any) -> Client:
    client = Client()
    client.post("/accounts/login/", {"email": "ann@example.com", "password": "password"})
    return client


def test_register_prove_log_in_and_out(client: Client) -> None:
    form = {"email": "New@example.com", "name": "New Person", "password": PASSWORD}
    assert client.post("/accounts/register/", form).url == "/accounts/verify/"
    assert "New@example.com" in client.get("/accounts/verify/").content.decode()
    assert client.post("/accounts/login/", form).status_code == 200, "not before the address is proven"
    answer = client.post("/accounts/verify/", {"otp": last_code()}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/"
    assert "Your address is proven" in answer.content.decode()
    assert client.post("/accounts/login/", form).url == "/accounts/profile/"
    assert "New Person" in client.get("/accounts/profile/").content.decode()
    assert client.post("/accounts/logout/").url == "/accounts/login/"
    assert client.get("/accounts/profile/").url.startswith("/accounts/login/?next=")


def test_wrong_code_is_said_at_the_field_and_the_page_stays(client: Client) -> None:
    client.post("/accounts/register/", {"email": "new@example.com", "password": PASSWORD})
    html = client.post("/accounts/verify/", {"otp": "000000"}).content.decode()
    assert "<title>Error: Prove your address</title>" in html
    assert re.search(r'<input[^>]+name="otp"[^>]+aria-invalid="true"', html)


def test_another_browser_cannot_verify_with_the_code_of_this_one(client: Client) -> None:
    client.post("/accounts/register/", {"email": "new@example.com", "password": PASSWORD})
    other = Client()
    other.post("/accounts/register/", {"email": "new@example.com", "password": "Other-Password-1"})
    assert client.post("/accounts/verify/", {"otp": last_code()}).status_code == 200


def test_what_was_typed_is_kept_when_a_form_is_refused(client: Client) -> None:
    form = {"email": "not an address", "name": "<b>Ann & Bob", "password": "short"}
    html = client.post("/accounts/register/", form).content.decode()
    assert 'value="not an address"' in html
    assert 'value="&lt;b&gt;Ann &amp; Bob"' in html
    assert "short" not in html


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_leads_only_to_this_site(ann: Any, client: Client, target: str) -> None:
    form = {"email": "ann@example.com", "password": "password", "next": target}
    assert client.post("/accounts/login/", form).url == "/accounts/profile/"


def test_next_is_followed(ann: Any, client: Client) -> None:
    assert 'name="next" value="/api/docs/"' in client.get("/accounts/login/?next=/api/docs/").content.decode()
    form = {"email": "ann@example.com", "password": "password", "next": "/api/docs/"}
    assert client.post("/accounts/login/", form).url == "/api/docs/"


def test_forgotten_password(ann: Any, client: Client) -> None:
    assert client.post("/accounts/forgotten/", {"email": "ann@example.com"}).url == "/accounts/reset/"
    form = {"otp": last_code(), "new_password": PASSWORD}
    assert client.post("/accounts/reset/", form).url == "/accounts/login/"
    assert client.post("/accounts/login/", {"email": "ann@example.com", "password": PASSWORD}).status_code == 302


def test_profile_is_saved_with_a_picture(ann_client: Client, ann: Any, picture: Any) -> None:
    form = {"name": "Ann", "username": "ann", "title": "Gardener", "bio": "Ferns.", "address": "Here 1"}
    answer = ann_client.post("/accounts/profile/", {**form, "picture": picture()}, follow=True)
    assert "Your profile is saved." in answer.content.decode()
    ann.refresh_from_db()
    assert (ann.title, ann.bio) == ("Gardener", "Ferns.")
    assert ann.avatar.name.startswith(f"{ann.slug}/avatar-")
    ann_client.post("/accounts/profile/", {**form, "remove_picture": "on"})
    ann.refresh_from_db()
    assert not ann.avatar


def test_password_change_keeps_this_browser_and_ends_the_others(ann_client: Client, ann: Any) -> None:
    other = Client()
    other.post("/accounts/login/", {"email": "ann@example.com", "password": "password"})
    assert other.get("/accounts/security/").status_code == 200
    form = {"current_password": "password", "new_password": PASSWORD}
    assert ann_client.post("/accounts/password/", form).url == "/accounts/security/"
    assert ann_client.get("/accounts/security/").status_code == 200
    assert other.get("/accounts/security/").status_code == 302
    assert "Your password was changed" in [message.subject for message in mail.outbox]


def test_email_change(ann_client: Client, ann: Any) -> None:
    ann_client.post("/accounts/email/", {"email": "ann@new.example", "password": "password"})
    assert ann_client.post("/accounts/email/confirm/", {"otp": last_code("ann@new.example")}).status_code == 302
    ann.refresh_from_db()
    assert ann.email == "ann@new.example"
    assert ann_client.get("/accounts/security/").status_code == 200
    assert mail.outbox[-1].to == ["ann@example.com"]


def test_log_ins_are_listed_and_ended(ann_client: Client, ann: Any) -> None:
    other = Client(headers={"user-agent": "Gecko/1"})
    other.post("/accounts/login/", {"email": "ann@example.com", "password": "password"})
    html = ann_client.get("/accounts/sessions/").content.decode()
    assert "Gecko/1" in html and "this one" in html
    row = LoginSession.objects.get(device="Gecko/1")
    ann_client.post("/accounts/sessions/", {"end": str(row.pk)})
    assert other.get("/accounts/security/").status_code == 302
    assert ann_client.get("/accounts/security/").status_code == 200


def test_last_use_and_end_of_a_log_in_are_kept(ann_client: Client) -> None:
    long_ago = timezone.now() - timedelta(days=10)
    LoginSession.objects.update(last_used_at=long_ago, expires_at=long_ago)
    fresh = Client()
    fresh.cookies = ann_client.cookies
    fresh.get("/accounts/security/", REMOTE_ADDR="192.0.2.7")
    row = LoginSession.objects.get()
    assert timezone.now() - row.last_used_at < timedelta(minutes=1)
    assert row.expires_at > timezone.now()
    assert row.address == "192.0.2.7"
    LoginSession.objects.update(last_used_at=long_ago)
    fresh.get("/accounts/security/")
    assert LoginSession.objects.get().last_used_at == long_ago, "not twice a minute"


def test_people_with_a_session_are_told_of_an_outage_too(
    ann_client: Client, monkeypatch: Any, settings: Any, caplog: Any
) -> None:
    """Their session cannot be read, neither for the view nor for the list of log-ins."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "ai_cms.core.middleware.DatabaseErrorMiddleware"]

    def away(self: Any) -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr(SessionStore, "_get_session_from_db", away)
    # A client of its own: the other has its middleware already.
    client = Client()
    client.cookies = ann_client.cookies
    answer = client.get("/accounts/profile/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    own = [record for record in caplog.records if record.name.startswith("ai_cms.")]
    assert own
    assert not any(record.exc_info for record in own)


def test_account_is_closed(ann_client: Client, ann: Any) -> None:
    assert ann_client.post("/accounts/close/", {"password": "wrong"}).status_code == 200
    assert ann_client.post("/accounts/close/", {"password": "password"}).url == "/accounts/login/"
    ann.refresh_from_db()
    assert ann.is_deleted and not ann.is_active
    assert ann_client.get("/accounts/profile/").status_code == 302


def test_too_many_tries_are_told_when_to_come_back(ann: Any, client: Client) -> None:
    for _try in range(10):
        client.post("/accounts/login/", {"email": "ann@example.com", "password": "wrong"})
    answer = client.post("/accounts/login/", {"email": "ann@example.com", "password": "password"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 800
    assert "Come back in 15 minutes" in answer.content.decode()


PATHS = (
    "register verify login forgotten reset profile password email email/confirm sessions security second-factor "
    "recovery-codes passkeys/add close"
).split()


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_never_cached_and_have_nothing_inline(ann_client: Client, path: str) -> None:
    answer = ann_client.get(f"/accounts/{path}/", follow=True)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    assert len(re.findall(r"<h1\b", html)) == 1
    assert not re.search(r"<[^>]+\sstyle=|\son\w+=\"|<style|<script(?![^>]*src=)", html)


def test_forms_need_the_csrf_token(ann: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/login/", {"email": "ann@example.com", "password": "password"}).status_code == 403


def test_staff_find_the_administration_from_their_profile(ann_client: Client, ann: Any) -> None:
    link = 'href="/admin/"'
    assert link not in ann_client.get("/accounts/profile/").content.decode()
    ann.is_staff = True
    ann.save(update_fields=["is_staff"])
    assert link in ann_client.get("/accounts/profile/").content.decode()
