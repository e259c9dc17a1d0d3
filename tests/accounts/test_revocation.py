"""Six events on every channel: what was logged in before is dead on the next request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from ai_cms.accounts.models import LoginSession
from ai_cms.core.tokens import create_token

from .conftest import PASSWORD, bearer, last_code, log_in, post

pytestmark = pytest.mark.django_db


def by_change(user: Any) -> None:
    pair = log_in(user.email)
    body = {"current_password": "password", "new_password": PASSWORD}
    assert post("users/change-password/", body, bearer(pair["access"])).status_code == 200


def by_reset(user: Any) -> None:
    post("users/forget-password/", {"email": user.email})
    body = {"email": user.email, "otp": last_code(), "new_password": PASSWORD}
    assert post("users/reset-password/", body).status_code == 200


def by_email(user: Any) -> None:
    client = bearer(log_in(user.email)["access"])
    assert post("users/change-email/", {"email": "b@example.com", "password": "password"}, client).status_code == 200
    body = {"email": "b@example.com", "otp": last_code("b@example.com")}
    assert post("users/change-email/confirm/", body, client).status_code == 200


def by_disabling(user: Any) -> None:
    user.is_active = False
    user.save()


def by_deleting(user: Any) -> None:
    user.delete()


def by_staff(user: Any) -> None:
    user.set_password("set-in-the-admin-1")
    user.save(update_fields=["password"])


EVENTS = [by_change, by_reset, by_email, by_disabling, by_deleting, by_staff]


@pytest.fixture
def channels(ann: Any) -> dict[str, Callable[[], int]]:
    """Return requests by channel, each of which answers 200 now."""
    pair = log_in("ann@example.com")
    spare = log_in("ann@example.com")
    browser, admin = Client(), Client()
    browser.post("/accounts/login/", {"email": "ann@example.com", "password": "password"})
    admin.force_login(ann)
    _token, secret = create_token(ann, scopes=["read"])
    found: dict[str, Callable[[], int]] = {
        "access token": lambda: bearer(pair["access"]).get("/api/users/me/").status_code,
        "refresh token": lambda: post("users/token/refresh/", {"refresh": spare["refresh"]}).status_code,
        "pages": lambda: browser.get("/accounts/security/").status_code,
        "session of the API": lambda: browser.get("/api/users/me/").status_code,
        "session made elsewhere": lambda: admin.get("/api/users/me/").status_code,
        "API token": lambda: bearer(secret).get("/api/users/me/").status_code,
    }
    assert {name: ask() for name, ask in found.items() if name != "refresh token"} == dict.fromkeys(
        (name for name in found if name != "refresh token"), 200
    )
    return found


@pytest.mark.parametrize("event", EVENTS)
def test_everything_is_dead_on_the_next_request(
    ann: Any, channels: dict[str, Callable[[], int]], event: Callable[[Any], None]
) -> None:
    event(get_user_model().all_objects.get(pk=ann.pk))
    assert {name: ask() for name, ask in channels.items()} == {
        "access token": 401,
        "refresh token": 401,
        "pages": 302,
        "session of the API": 401,
        "session made elsewhere": 401,
        "API token": 401,
    }


@pytest.mark.parametrize("event", [by_disabling, by_deleting])
def test_what_ended_stays_ended_when_the_account_is_back(
    ann: Any, channels: dict[str, Callable[[], int]], event: Callable[[Any], None]
) -> None:
    event(get_user_model().all_objects.get(pk=ann.pk))
    user = get_user_model().all_objects.get(pk=ann.pk)
    if user.is_deleted:
        user.restore()
    else:
        user.is_active = True
        user.save()
    assert {ask() for name, ask in channels.items() if name != "pages"} == {401}
    assert log_in("ann@example.com")["access"]


def test_the_app_that_changes_the_password_gets_new_tokens(ann: Any) -> None:
    pair = log_in("ann@example.com")
    body = {"current_password": "password", "new_password": PASSWORD}
    answer = post("users/change-password/", body, bearer(pair["access"])).json()
    assert bearer(answer["access"]).get("/api/users/me/").status_code == 200


def test_wrong_current_password_is_said_at_the_field(ann: Any) -> None:
    client = bearer(log_in("ann@example.com")["access"])
    answer = post("users/change-password/", {"current_password": "no", "new_password": PASSWORD}, client)
    assert answer.status_code == 400
    assert answer.json()["code"] == "wrong_password"
    assert "current_password" in answer.json()


def test_sessions_are_listed_and_revoked(ann: Any) -> None:
    from tests.conftest import make_user

    make_user("bob")
    here, there, bobs = log_in("ann@example.com"), log_in("ann@example.com"), log_in("bob@example.com")
    client = bearer(here["access"])
    listed = client.get("/api/users/sessions/").json()
    assert listed["count"] == 2
    current = [row["id"] for row in listed["results"] if row["is_current"]]
    other = [row["id"] for row in listed["results"] if not row["is_current"]]
    assert len(current) == len(other) == 1
    foreign = LoginSession.objects.get(user__email="bob@example.com").pk
    assert client.delete(f"/api/users/sessions/{foreign}/").status_code == 404
    assert client.delete(f"/api/users/sessions/{other[0]}/").status_code == 204
    assert bearer(there["access"]).get("/api/users/me/").status_code == 401
    third = log_in("ann@example.com")
    assert post("users/sessions/revoke-others/", {}, client).json() == {"revoked": 1}
    assert bearer(third["access"]).get("/api/users/me/").status_code == 401
    assert client.get("/api/users/me/").status_code == bearer(bobs["access"]).get("/api/users/me/").status_code == 200


def test_api_tokens_reach_what_protects_an_account_with_the_scope_admin_alone(ann: Any) -> None:
    for scopes, status in ((["read", "write", "publish"], 403), (["admin"], 200)):
        _token, secret = create_token(ann, scopes=scopes)
        assert bearer(secret).get("/api/users/sessions/").status_code == status
        assert bearer(secret).get("/api/users/me/export/").status_code == status


def test_api_tokens_can_be_kept_by_a_setting(ann: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "REVOCATION_ENDS_API_TOKENS": False}
    _token, secret = create_token(ann)
    by_staff(ann)
    assert bearer(secret).get("/api/users/me/").status_code == 200
