"""Limits hold under requests at once, and made-up forwarding headers do not help."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from ai_cms.accounts.devices import COOKIE
from tests.core.parallel import at_once

from .conftest import PASSWORD, post

FULL = bool(os.environ.get("AI_CMS_FULL"))

#: Path, body, the scope that is limited, a status of a request that was let through.
ROUTES: dict[str, tuple[str, dict[str, str], str]] = {
    "log-in": ("users/login/", {"email": "ann@example.com", "password": "wrong"}, "accounts-login"),
    "code": ("users/verify-otp/", {"email": "ann@example.com", "otp": "000000"}, "accounts-code"),
    "forget": ("users/forget-password/", {"email": "ann@example.com"}, "accounts-mail"),
    "resend": ("users/resend-otp/", {"email": "ann@example.com"}, "accounts-mail"),
    "register": ("users/register/", {"email": "new@example.com", "password": PASSWORD}, "accounts-mail"),
    "refresh": ("users/token/refresh/", {"refresh": "nonsense"}, "accounts-refresh-address"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", ROUTES)
def test_never_more_than_the_limit(route: str, ann: Any, settings: Any) -> None:
    """Many times N at once, each from another made-up address, in several spellings of one account."""
    path, body, scope = ROUTES[route]
    limit, requests, threads = (5, 100, 20) if FULL else (3, 24, 8)
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": {scope: (limit, 600)}, "MAIL_RUNNER": "none"}

    def send(index: int) -> int:
        spelt = {**body, "email": body["email"].upper()} if "email" in body and index % 2 else body
        return (
            Client()
            .post(
                f"/api/{path}",
                spelt,
                content_type="application/json",
                headers={"x-forwarded-for": f"10.0.{index}.1, 10.1.{index}.2", "forwarded": f"for=10.0.0.{index}"},
            )
            .status_code
        )

    statuses = Counter(status for _round in range(requests // threads) for status in at_once(threads, send))
    assert statuses[429] == requests - limit, statuses
    assert not [status for status in statuses if status >= 500]


@pytest.mark.django_db
@pytest.mark.parametrize("number", range(3))
def test_an_ipv6_household_is_one_address(number: int, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": {"accounts-login-address": (2, 600)}}
    statuses = []
    for host in range(4):
        client = Client(REMOTE_ADDR=f"2001:db8:1:{number}::{host}")
        body = {"email": f"a{host}@example.com", "password": "x"}
        statuses.append(client.post("/api/users/login/", body, content_type="application/json").status_code)
    assert statuses == [401, 401, 429, 429]


@pytest.mark.django_db
def test_a_success_forgets_the_failures(ann: Any) -> None:
    for _round in range(3):
        for _try in range(9):
            assert post("users/login/", {"email": "ann@example.com", "password": "x"}).status_code == 401
        assert post("users/login/", {"email": "ann@example.com", "password": "password"}).status_code == 200


@pytest.mark.django_db
def test_a_stranger_cannot_use_up_the_tries_of_a_known_browser(ann: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": {"accounts-login": (3, 600)}}
    url, right = "/api/users/login/", {"email": "ann@example.com", "password": "password"}
    wrong = {**right, "password": "x"}
    known, stranger, other = Client(), Client(), Client()

    def statuses(client: Client, body: dict[str, str], times: int = 1) -> list[int]:
        return [client.post(url, body, content_type="application/json").status_code for _ in range(times)]

    assert statuses(known, right) == [200]
    cookie = known.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert "ann" not in cookie.value and str(ann.pk) not in cookie.value.split(":")
    assert statuses(stranger, wrong, 5) == [401] * 3 + [429] * 2
    assert statuses(other, right) == [429]
    # The owner is let in where she has been before; that gives the stranger no further tries.
    assert statuses(known, right) == [200]
    assert statuses(stranger, right) == [429]
    # Such a browser has as many tries as anybody, and not one more.
    assert statuses(known, wrong, 4) == [401] * 3 + [429]
    # A cookie of another account is no key to this one, and a made-up one none at all.
    for value in (signing.dumps({"device": "0" * 32, "state": "x"}, salt="ai_cms.accounts.device"), "x", "[]"):
        other.cookies[COOKIE] = value
        assert statuses(other, right) == [429]


@pytest.mark.django_db
def test_a_known_browser_is_a_stranger_again_after_the_password_has_changed(ann: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": {"accounts-login": (2, 600)}}
    known = Client()
    body = {"email": "ann@example.com", "password": "password"}
    assert known.post("/api/users/login/", body, content_type="application/json").status_code == 200
    ann.set_password("another password of hers")
    ann.save()
    wrong = {**body, "password": "x"}
    for _ in range(2):
        assert post("users/login/", wrong).status_code == 401
    body["password"] = "another password of hers"
    assert known.post("/api/users/login/", body, content_type="application/json").status_code == 429


@pytest.mark.django_db
def test_the_current_password_cannot_be_guessed_by_a_stolen_token(ann: Any) -> None:
    from .conftest import bearer, log_in

    client = bearer(log_in("ann@example.com")["access"])
    body = {"current_password": "x", "new_password": PASSWORD}
    statuses = [post("users/change-password/", body, client).status_code for _ in range(12)]
    assert statuses == [400] * 10 + [429] * 2


@pytest.mark.django_db(transaction=True)
def test_tries_count_whatever_atomic_requests_says(settings: Any, ann: Any) -> None:
    """A refusal rolls a request's transaction back; the count must not go with it."""
    from django.db import connection

    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        body = {"email": "ann@example.com", "password": "x"}
        statuses = [post("users/login/", body).status_code for _ in range(11)]
        page = [Client().post("/accounts/login/", body).status_code for _ in range(2)]
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    assert statuses == [401] * 10 + [429]
    assert page == [429, 429]
