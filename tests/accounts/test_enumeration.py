"""Nobody finds out by asking whether an address has an account: status, body, time."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai_cms.accounts import limits
from tests.conftest import make_user

from .conftest import PASSWORD, post

FULL = bool(os.environ.get("AI_CMS_FULL"))
HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
EVERY = (limits.LOGIN, limits.REGISTER, limits.MAIL, limits.CODE)
OPEN = {scope: None for limit in EVERY for scope, _uses, _seconds in (*limit.account, *limit.address)}

FLOWS: dict[str, Callable[[str], Any]] = {
    "register": lambda email: post("users/register/", {"email": email, "password": PASSWORD, "username": "new"}),
    "resend": lambda email: post("users/resend-otp/", {"email": email}),
    "forget": lambda email: post("users/forget-password/", {"email": email}),
    "log-in": lambda email: post("users/login/", {"email": email, "password": "wrong"}),
    "verify": lambda email: post("users/verify-otp/", {"email": email, "otp": "000000"}),
    "reset": lambda email: post("users/reset-password/", {"email": email, "otp": "000000", "new_password": PASSWORD}),
}


def shape(answer: Any, email: str) -> Any:
    """Return status and body without what is random in every answer."""
    body = dict(answer.json())
    for name in ("id", "request_id"):
        if name in body:
            body[name] = len(body[name])
    if "slug" in body:
        body["slug"] = body["slug"][:-8]
    return answer.status_code, str(body).replace(email, "…")


@pytest.mark.django_db
@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("state", ["verified", "pending", "disabled", "deleted"])
def test_answers_are_the_same(flow: str, state: str) -> None:
    user = make_user("known", is_verified=state != "pending", is_active=state not in ("pending", "disabled"))
    if state == "deleted":
        user.delete()
    known = FLOWS[flow]("known@example.com")
    unknown = FLOWS[flow]("nobody@example.com")
    assert shape(known, "known@example.com") == shape(unknown, "nobody@example.com")
    assert dict(known.headers).keys() == dict(unknown.headers).keys()


@pytest.mark.django_db
def test_registering_and_then_logging_in_tells_nothing() -> None:
    """The other way round: with a password of one's own, a known address must not answer otherwise than a new one."""
    make_user("known")
    for name in ("known", "nobody"):
        body = {"email": f"{name}@example.com", "password": PASSWORD}
        post("users/register/", body)
        answer = post("users/login/", body)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials"), name


@pytest.mark.django_db
def test_limits_are_the_same_for_known_and_unknown() -> None:
    make_user("known")
    found = {}
    for name in ("known", "nobody"):
        body = {"email": f"{name}@example.com", "password": "wrong"}
        found[name] = [post("users/login/", body).status_code for _ in range(12)]
    assert found["known"] == found["nobody"] == [401] * 10 + [429] * 2


@pytest.mark.django_db
@pytest.mark.parametrize("flow", FLOWS)
def test_the_work_is_the_same(flow: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """What times are made of, counted: statements, and passwords hashed."""
    settings.AI_CMS = {**settings.AI_CMS, "MAIL_RUNNER": "none"}
    make_user("known")
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *values: hashed.append("") or encode(*values))
    found = {}
    for name in ("known", "nobody"):
        with CaptureQueriesContext(connection) as queries:
            FLOWS[flow](f"{name}@example.com")
        found[name] = len(queries), len(hashed)
        hashed.clear()
    # A new account is one row more, in its savepoint.
    allowed = 3 if flow == "register" else 0
    assert abs(found["known"][0] - found["nobody"][0]) <= allowed, found
    assert found["known"][1] == found["nobody"][1], found


@pytest.mark.skipif(not FULL, reason="needs a quiet machine for minutes: AI_CMS_FULL=1")
@pytest.mark.django_db
@pytest.mark.parametrize("flow", FLOWS)
def test_times_are_the_same(flow: str, settings: Any) -> None:
    """Pairs of a known and an unknown address, in turns; the medians differ by less than 10 % or 5 ms."""
    settings.PASSWORD_HASHERS = HASHERS
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": OPEN, "MAIL_RUNNER": "none"}
    pairs = 300
    # One hash for all: making one takes as long as the test itself.
    hashed = make_password("password")
    model = get_user_model()
    for number in range(pairs):
        model(email=f"known{number}@example.com", password=hashed, is_verified=True).save()
    times: dict[str, list[float]] = {"known": [], "nobody": []}
    FLOWS[flow]("warm@example.com")
    for number in range(pairs):
        names = list(times) if number % 2 else list(reversed(times))
        for name in names:
            began = time.perf_counter()
            FLOWS[flow](f"{name}{number}@example.com")
            times[name].append(time.perf_counter() - began)
    known, unknown = (statistics.median(values) * 1000 for values in times.values())
    print(f"{flow}: known {known:.1f} ms, unknown {unknown:.1f} ms")
    assert abs(known - unknown) <= max(0.10 * max(known, unknown), 5)
