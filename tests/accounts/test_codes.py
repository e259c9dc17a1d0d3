"""Codes by e-mail: what is looked at, how often, and what a code is good for."""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone

from ai_cms.accounts import limits
from ai_cms.accounts.models import EmailOtp, OtpPurpose, OutboxMail
from tests.core.parallel import at_once

from .conftest import PASSWORD, codes, last_code, post

FULL = bool(os.environ.get("AI_CMS_FULL"))
OPEN = dict.fromkeys(
    ("accounts-code", "accounts-code-address", "accounts-mail", "accounts-mail-day", "accounts-mail-address")
)


def register(email: str = "new@example.com") -> str:
    assert post("users/register/", {"email": email, "password": PASSWORD}).status_code == 201
    return last_code()


def wrong(code: str, number: int) -> str:
    return f"{(int(code) + 1 + number) % 1_000_000:06d}"


def verify(code: str, email: str = "new@example.com", **more: Any) -> int:
    status: int = post("users/verify-otp/", {"email": email, "otp": code, **more}).status_code
    return status


@pytest.mark.django_db
def test_nothing_stored_holds_the_code() -> None:
    code = register()
    row = EmailOtp.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", row.code_hash)
    everything = f"{row.__dict__} {OutboxMail.objects.get().__dict__}"
    assert not re.search(rf"(?<!\d){code}(?!\d)", everything)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["{0}{1}{2} {3}{4}{5}", "{0}{1}{2}-{3}{4}{5}", "  {0}{1}{2}{3}{4}{5}\t"])
def test_blanks_and_dashes_do_not_count(typed: str) -> None:
    assert verify(typed.format(*register())) == 200


@pytest.mark.django_db
def test_digits_of_other_scripts_are_no_spelling_of_a_code() -> None:
    code = register()
    assert verify("".join(chr(0x0660 + int(digit)) for digit in code)) == 400
    assert verify(code) == 200


@pytest.mark.django_db
def test_code_is_good_once() -> None:
    code = register()
    assert verify(code) == 200
    assert verify(code) == 400


@pytest.mark.django_db
def test_five_guesses_are_looked_at() -> None:
    code = register()
    assert {verify(wrong(code, number)) for number in range(5)} == {400}
    assert EmailOtp.objects.get().tries == 5
    assert verify(code) == 400, "the right one comes too late"


@pytest.mark.django_db
def test_code_expires_ten_minutes_after_it_was_sent() -> None:
    code = register()
    row = EmailOtp.objects.get()
    assert row.expires_at - row.sent_at == timedelta(minutes=10)
    EmailOtp.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert verify(code) == 400


@pytest.mark.django_db
def test_older_code_is_worthless_once_a_new_one_was_asked_for() -> None:
    old = register()
    assert post("users/resend-otp/", {"email": "new@example.com"}).status_code == 200
    new = last_code()
    assert verify(old) == 400
    assert verify(new) == 200


@pytest.mark.django_db
def test_code_is_bound_to_purpose_and_address(ann: Any) -> None:
    post("users/forget-password/", {"email": "ann@example.com"})
    reset = last_code()
    register()
    assert verify(reset) == 400
    answer = post("users/reset-password/", {"email": "new@example.com", "otp": reset, "new_password": PASSWORD})
    assert answer.status_code == 400
    # Two rows with the same digits still have different hashes.
    EmailOtp.objects.filter(purpose=OtpPurpose.REGISTER).update(
        code_hash=EmailOtp.objects.get(purpose=OtpPurpose.RESET).code_hash
    )
    assert verify(reset) == 400


@pytest.mark.django_db
def test_code_of_another_request_is_refused_to_who_names_their_own() -> None:
    mine = post("users/register/", {"email": "new@example.com", "password": PASSWORD}).json()["request_id"]
    post("users/register/", {"email": "new@example.com", "password": "An-Attackers-1"})
    assert verify(last_code(), request_id=mine) == 400


@pytest.mark.django_db
def test_the_password_is_that_of_the_registration_whose_code_was_typed() -> None:
    post("users/register/", {"email": "new@example.com", "password": "An-Attackers-1"})
    post("users/register/", {"email": "new@example.com", "password": PASSWORD, "name": "Real"})
    assert verify(last_code()) == 200
    assert post("users/login/", {"email": "new@example.com", "password": "An-Attackers-1"}).status_code == 401
    assert post("users/login/", {"email": "new@example.com", "password": PASSWORD}).json()["user"]["name"] == "Real"


@pytest.mark.django_db
def test_reset_proves_the_address_and_needs_a_good_password(ann: Any) -> None:
    post("users/forget-password/", {"email": "ann@example.com"})
    body = {"email": "ann@example.com", "otp": last_code()}
    with_validators = {
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}"}
            for name in ("MinimumLengthValidator", "UserAttributeSimilarityValidator")
        ]
    }
    from django.test import override_settings

    with override_settings(**with_validators):
        weak = post("users/reset-password/", {**body, "new_password": "x"})
        assert weak.status_code == 400 and "new_password" in weak.json() and weak.json()["code"] == "invalid"
        assert EmailOtp.objects.get(purpose="reset").tries == 0, "a weak password costs no guess"
        similar = post("users/reset-password/", {**body, "new_password": "ann@example.com"})
        assert "new_password" in similar.json(), "found out with the right code only; the code stays good"
        assert post("users/reset-password/", {**body, "new_password": PASSWORD}).status_code == 200


@pytest.mark.django_db
def test_sends_are_counted_by_account_and_hour(ann: Any) -> None:
    statuses = Counter(post("users/forget-password/", {"email": "Ann@example.com"}).status_code for _ in range(8))
    assert statuses == {200: 5, 429: 3}
    refused = post("users/forget-password/", {"email": "ann@EXAMPLE.com"})
    assert refused.json()["code"] == "limit_exceeded"
    assert 0 < int(refused["Retry-After"]) <= 3600
    unknown = Counter(post("users/forget-password/", {"email": "no@example.com"}).status_code for _ in range(8))
    assert unknown == statuses, "the same for an address without an account"


@pytest.mark.django_db
def test_fifty_guesses_a_day_at_most() -> None:
    tries = limits.MAIL.account[1][1] * 5
    assert tries <= 50


@pytest.mark.django_db
def test_purpose_of_a_mail_that_lost_its_request_is_nothing_to_send(settings: Any) -> None:
    from ai_cms.accounts.delivery import deliver_due

    settings.AI_CMS = {**settings.AI_CMS, "MAIL_RUNNER": "none"}
    for _time in range(2):
        post("users/register/", {"email": "new@example.com", "password": PASSWORD})
    deliver_due()
    assert len(mail.outbox) == 1, "only the newer request has a code"
    assert sorted(OutboxMail.objects.values_list("state", flat=True)) == ["sent", "void"]


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_and_one_after_the_other(settings: Any) -> None:
    """With every rate limit lifted, so that the code's own five are all there is."""
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": OPEN}
    serial, parallel = (1000, 200) if FULL else (20, 16)
    code = register()

    def guess(index: int) -> int:
        body = {"email": "new@example.com", "otp": wrong(code, index)}
        return Client().post("/api/users/verify-otp/", body, content_type="application/json").status_code

    threads = 20 if FULL else 8
    statuses = Counter(status for _round in range(parallel // threads) for status in at_once(threads, guess))
    assert set(statuses) == {400}
    assert EmailOtp.objects.get().tries == 5
    for index in range(serial):
        guess(index)
    assert EmailOtp.objects.get().tries == 5
    assert verify(code) == 400
    assert not get_user_model().objects.filter(is_verified=True).exists()


@pytest.mark.django_db(transaction=True)
def test_right_code_at_once_is_used_once() -> None:
    code = register()
    body = {"email": "new@example.com", "otp": code}
    found = at_once(
        5, lambda index: Client().post("/api/users/verify-otp/", body, content_type="application/json").status_code
    )
    assert sorted(found) == [200, 400, 400, 400, 400]


@pytest.mark.django_db(transaction=True)
def test_registrations_at_once_make_one_account() -> None:
    body = {"email": "new@example.com", "password": PASSWORD}
    found = at_once(
        5, lambda index: Client().post("/api/users/register/", body, content_type="application/json").status_code
    )
    assert found == [201] * 5
    assert get_user_model().all_objects.count() == 1
    assert EmailOtp.objects.count() == 1
    # Mails that leave at once arrive in any order: the code that counts is in one of them.
    assert 200 in {verify(code) for code in codes()}


@pytest.mark.django_db(transaction=True)
def test_repeated_registration_is_one_request() -> None:
    body = {"email": "new@example.com", "password": PASSWORD}

    def send(index: int) -> tuple[int, str]:
        answer = Client().post(
            "/api/users/register/", body, content_type="application/json", headers={"idempotency-key": "one"}
        )
        return answer.status_code, answer.json().get("id", "")

    found = at_once(5, send)
    assert {status for status, _id in found} <= {201, 409}
    assert len({made for status, made in found if status == 201}) == 1
    assert len(mail.outbox) == 1
