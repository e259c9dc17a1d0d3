from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone
from rest_framework.test import APIClient

from ai_cms.core import tokens
from ai_cms.core.agents import mark_outside
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.models import ApiToken
from ai_cms.core.permissions import SCOPES, Actor
from ai_cms.core.tokens import create_token, find_token, revoke_token

pytestmark = pytest.mark.django_db


def bearer(secret: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    status: int = client.get("/t/echo/").status_code
    return status


def test_only_the_digest_is_stored(member: Any) -> None:
    token, secret = create_token(member, scopes=["write", "read"], name="ci")
    stored = ApiToken.objects.values().get()
    assert secret.startswith("aicms_")
    assert len(secret) > 40
    assert secret not in str(stored)
    assert stored["hint"] == secret[:10]
    assert str(token) == f"ci ({secret[:10]}…)"
    assert token.scopes == ["read", "propose", "write"]
    assert find_token(secret) == token


@pytest.mark.parametrize("place", range(len(SCOPES)))
def test_each_scope_includes_all_before_it(member: Any, place: int) -> None:
    token, secret = create_token(member, scopes=[SCOPES[place]])
    reached = list(SCOPES[: place + 1])
    assert token.scopes == reached
    # However the row came to be: one scope alone reaches as far.
    ApiToken.objects.update(scopes=[SCOPES[place]])
    found = find_token(secret)
    assert found is not None
    assert found.effective_scopes == reached
    actor = Actor(user=member, scopes=frozenset([SCOPES[place]]), via="token")
    assert [scope for scope in SCOPES if actor.has_scope(scope)] == reached
    mark_outside(found, "a test")
    assert found.effective_scopes == reached[:2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], []),
        (["read"], ["read"]),
        (["write"], ["read", "propose", "write"]),
        (["write", "publish"], ["read", "propose", "write", "publish"]),
        (list(SCOPES), list(SCOPES)),
        # What they could not do before, they cannot do after.
        (["publish"], ["read"]),
        (["read", "publish", "admin"], ["read"]),
        (["propose", "publish"], ["read", "propose"]),
        (["write", "admin"], ["read", "propose", "write"]),
        (["unknown"], []),
    ],
)
def test_an_upgrade_widens_no_token(member: Any, before: list[str], after: list[str]) -> None:
    create_token(member)
    ApiToken.objects.update(scopes=before)
    narrow = import_module("ai_cms.core.migrations.0003_scopes_in_order").narrow
    narrow(apps, SimpleNamespace(connection=connection))
    assert ApiToken.objects.get().scopes == after


def test_each_secret_is_another(member: Any) -> None:
    assert create_token(member)[1] != create_token(member)[1]


@pytest.mark.parametrize(
    "arguments",
    [{"scopes": ["root"]}, {"scopes": []}, {"expires_at": timezone.now() - timedelta(days=1)}],
)
def test_bad_tokens_are_not_made(member: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        create_token(member, **arguments)
    assert not ApiToken.objects.exists()


def test_dead_tokens_answer_like_unknown_ones(member: Any) -> None:
    token, secret = create_token(member, expires_at=timezone.now() + timedelta(days=1))
    assert bearer(secret) == 200
    revoke_token(token)
    first = token.revoked_at
    revoke_token(token)
    assert token.revoked_at == first
    assert bearer(secret) == 401

    _token, secret = create_token(member, expires_at=timezone.now() + timedelta(days=1))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1), revoked_at=None)
    assert bearer(secret) == 401

    _token, secret = create_token(member)
    member.is_active = False
    member.save()
    assert bearer(secret) == 401
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    unknown = APIClient()
    unknown.credentials(HTTP_AUTHORIZATION="Bearer aicms_unknown")
    answer = client.get("/t/echo/")
    assert answer.content == unknown.get("/t/echo/").content
    assert answer.json() == {"detail": "Invalid token.", "code": "invalid_token"}
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("secret", ["", "x", "aicms_", "aicms_é", "aicms_" + "a" * 300, "aicms_\ud800"])
def test_nonsense_is_no_token(secret: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1 if secret == "aicms_" else 0):
        assert find_token(secret) is None


def test_other_schemes_are_left_to_others(member: Any) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Basic abc")
    assert client.get("/t/echo/").status_code == 200
    client.credentials(HTTP_AUTHORIZATION="bearer " + create_token(member)[1])
    assert client.get("/t/echo/").status_code == 200


def test_the_use_is_noted_once_a_minute(member: Any, django_assert_num_queries: Any) -> None:
    token, secret = create_token(member)
    find_token(secret)
    token.refresh_from_db()
    assert token.last_used_at is not None
    with django_assert_num_queries(1):
        find_token(secret)
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    find_token(secret)
    token.refresh_from_db()
    assert timezone.now() - token.last_used_at < timedelta(seconds=10)


def test_a_request_does_not_fail_because_its_use_cannot_be_noted(
    member: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _token, secret = create_token(member)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("busy")

    monkeypatch.setattr(tokens, "without_waiting", refuse)
    assert find_token(secret) is not None
    assert "Could not note the use" in caplog.text
    assert secret not in caplog.text


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("create_token", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


@pytest.mark.parametrize("who", ["member", "member@example.com", "MEMBER@example.com"])
def test_the_command_prints_the_secret(member: Any, who: str) -> None:
    secret, note = run(who, "--scope", "read", "--scope", "publish", "--expires", "30", "--name", "ci")
    token = find_token(secret)
    assert token is not None
    assert token.scopes == ["read", "propose", "write", "publish"]
    assert token.name == "ci"
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert "only time" in note
    assert secret not in note


def test_the_command_reads_by_default(member: Any) -> None:
    token = find_token(run("member")[0])
    assert token is not None
    assert (token.scopes, token.expires_at) == (["read"], None)


def test_the_command_refuses_what_it_cannot_do(member: Any, django_user_model: Any) -> None:
    with pytest.raises(CommandError, match="no user"):
        run("nobody")
    with pytest.raises(CommandError, match="between"):
        run("member", "--expires", "0")
    django_user_model.objects.create_user("twin", "member@example.com")
    with pytest.raises(CommandError, match="Several users"):
        run("member@example.com")
    member.is_active = False
    member.save()
    with pytest.raises(CommandError, match="not active"):
        run("member")
    assert not ApiToken.objects.exists()
