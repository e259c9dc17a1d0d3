"""Access and refresh tokens: forged ones, spent ones, many at once."""

from __future__ import annotations

import base64
import json
import os
import time
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from ai_cms.accounts.jwt import _keys
from ai_cms.accounts.models import LoginSession, RefreshToken
from tests.core.parallel import at_once

from .conftest import bearer, log_in, post

FULL = bool(os.environ.get("AI_CMS_FULL"))


def refresh(token: Any) -> Any:
    return post("users/token/refresh/", {"refresh": token})


def me(token: str) -> int:
    status: int = bearer(token).get("/api/users/me/").status_code
    return status


def part(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def forgeries(pair: dict[str, Any], other: dict[str, Any]) -> dict[str, str]:
    """Return tokens that nobody signed, or that were signed for something else, by name."""
    good = pair["access"]
    key_id, key = next(_keys())
    claims = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")

    def signed(key: Any = key, kid: Any = key_id, algorithm: str = "HS256", drop: str = "", **changes: Any) -> str:
        made = {name: value for name, value in {**claims, **changes}.items() if name != drop}
        return jwt.encode(made, key, algorithm=algorithm, headers={"kid": kid} if kid is not None else {})

    now = int(time.time())
    found = {
        "algorithm none": f"{part({'alg': 'none', 'typ': 'JWT', 'kid': key_id})}.{body}.",
        "algorithm None": f"{part({'alg': 'None', 'typ': 'JWT', 'kid': key_id})}.{body}.{signature}",
        "another key": signed(key=b"k" * 64),
        "another algorithm": signed(algorithm="HS512"),
        "unknown kid": signed(kid="../../etc/passwd"),
        "no kid": signed(kid=None),
        "kid that is no text": f"{part({'alg': 'HS256', 'kid': [key_id]})}.{body}.{signature}",
        "refresh as access": pair["refresh"],
        "wrong audience": signed(aud="elsewhere"),
        "wrong issuer": signed(iss="elsewhere"),
        "expired": signed(exp=now - 1),
        "not yet issued": signed(iat=now + 3600),
        "signature of another token": f"{head}.{body}.{other['access'].split('.')[2]}",
        "body of another token": f"{head}.{other['access'].split('.')[1]}.{signature}",
        "somebody else's id": signed(user_id=str(uuid.uuid4())),
        "user id that is a number": signed(user_id=1),
        "user id that is a list": signed(user_id=["a"]),
        "session that is none": signed(sid="nothing"),
        "session of another": signed(sid=jwt.decode(other["access"], options={"verify_signature": False})["sid"]),
        "version of another state": signed(ver="0" * 32),
        "version that is null": signed(ver=None),
        "signature cut": good[:-4],
        "signature left out": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "body that is a list": f"{head}.{part([1])}.{signature}",
        "not base64": f"{head}.!!!.{signature}",
        "endless": "a." * 3000,
        "other script": "ä.ö.ü",
        **{
            f"no {name}": signed(drop=name)
            for name in ("exp", "iat", "aud", "iss", "jti", "type", "user_id", "sid", "ver")
        },
    }
    return found


@pytest.mark.django_db
def test_no_forged_token_is_accepted_anywhere(ann: Any) -> None:
    from tests.conftest import make_user

    make_user("bob")
    pair, other = log_in("ann@example.com"), log_in("bob@example.com")
    assert me(pair["access"]) == 200
    tokens = forgeries(pair, other)
    assert len(tokens) >= 24
    found: Counter[tuple[int, str]] = Counter()
    for name, token in tokens.items():
        client = bearer(token.encode("utf-8").decode("latin-1"))
        answers = [
            client.get("/api/users/me/"),
            client.get("/api/users/"),
            client.get("/api/auth/sessions/"),
            client.patch("/api/auth/user/", {"name": "forged"}, format="json"),
            refresh(token),
        ]
        for answer in answers:
            # The refresh token is a good one where it belongs.
            if name == "refresh as access" and answer is answers[-1]:
                assert answer.status_code == 200
                continue
            assert answer.status_code in (400, 401), (name, answer.status_code)
            found[answer.status_code, answer.json()["code"]] += 1
    assert set(found) <= {
        (401, "invalid_token"),
        (401, "token_expired"),
        (401, "invalid_refresh_token"),
        (400, "invalid"),
    }
    ann.refresh_from_db()
    assert ann.name == ""


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["", None, 1, True, [], {}, "x" * 10_000, "\u0000"])
def test_refresh_takes_no_nonsense(ann: Any, value: Any) -> None:
    assert refresh(value).status_code in (400, 401)


@pytest.mark.django_db
def test_tokens_of_a_deleted_user_are_refused(ann: Any) -> None:
    pair = log_in("ann@example.com")
    ann.hard_delete()
    assert me(pair["access"]) == 401
    assert (refresh(pair["refresh"]).status_code, refresh(pair["refresh"]).json()["code"]) == (
        401,
        "invalid_refresh_token",
    )


@pytest.mark.django_db
def test_rotation_hands_out_both_and_spends_the_old(ann: Any) -> None:
    first = log_in("ann@example.com")
    second = refresh(first["refresh"]).json()
    assert second["refresh"] != first["refresh"]
    assert me(second["access"]) == me(first["access"]) == 200
    assert refresh(first["refresh"]).status_code == 401
    assert LoginSession.objects.get().reason == "reuse"
    assert me(second["access"]) == me(first["access"]) == 401, "the family is dead"
    assert refresh(second["refresh"]).status_code == 401


@pytest.mark.django_db
def test_grace_is_absolute_and_once_a_token(ann: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "JWT_REFRESH_GRACE": 10}
    first = log_in("ann@example.com")
    assert [refresh(first["refresh"]).status_code for _ in range(3)] == [200, 200, 401]
    late = log_in("ann@example.com")
    refresh(late["refresh"])
    RefreshToken.objects.filter(pk=jti(late["refresh"])).update(spent_at=timezone.now() - timedelta(seconds=11))
    assert refresh(late["refresh"]).status_code == 401


def jti(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["jti"])


@pytest.mark.django_db
def test_keys_rotate(ann: Any, settings: Any) -> None:
    old, new = "o" * 40, "n" * 40
    settings.AI_CMS = {**settings.AI_CMS, "JWT_SECRET_KEY": old}
    before = log_in("ann@example.com")
    settings.AI_CMS = {**settings.AI_CMS, "JWT_SECRET_KEY": new, "JWT_SECRET_KEY_FALLBACKS": [old]}
    assert me(before["access"]) == 200
    after = refresh(before["refresh"]).json()
    settings.AI_CMS = {**settings.AI_CMS, "JWT_SECRET_KEY_FALLBACKS": []}
    assert me(before["access"]) == 401
    assert me(after["access"]) == 200


@pytest.mark.django_db
def test_a_new_secret_key_keeps_derived_tokens_by_its_fallbacks(ann: Any, settings: Any) -> None:
    before = log_in("ann@example.com")["access"]
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-for-tests-that-is-long-enough-0123456789"
    assert me(before) == 401
    settings.SECRET_KEY_FALLBACKS = [old]
    # The key of the token is known again, but what it says of the account was made with the old one too.
    assert me(before) == 401


@pytest.mark.django_db
def test_expired_access_token_says_so(ann: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "JWT_ACCESS_MINUTES": 1}
    pair = log_in("ann@example.com")
    claims = jwt.decode(pair["access"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60
    key_id, key = next(_keys())
    old = jwt.encode({**claims, "exp": claims["iat"] - 1}, key, algorithm="HS256", headers={"kid": key_id})
    answer = bearer(old).get("/api/users/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    # An old token in the header is not in the way of a new one.
    assert post("users/token/refresh/", {"refresh": pair["refresh"]}, bearer(old)).status_code == 200


@pytest.mark.django_db
def test_answers_with_tokens_are_not_kept_for_a_repeated_request(ann: Any) -> None:
    from ai_cms.core.models import IdempotencyRecord

    client = bearer("")
    client.credentials()
    body = {"email": "ann@example.com", "password": "password"}
    post("users/login/", body, client, HTTP_IDEMPOTENCY_KEY="one")
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db
def test_logout_by_refresh_token_or_by_access_token(ann: Any) -> None:
    pair = log_in("ann@example.com")
    assert post("auth/logout/", {"refresh": pair["refresh"]}).status_code == 200
    assert me(pair["access"]) == 401
    pair = log_in("ann@example.com")
    assert post("auth/logout/", {}, bearer(pair["access"])).status_code == 200
    assert refresh(pair["refresh"]).status_code == 401
    assert post("auth/logout/", {}, bearer("nonsense")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_refresh_at_once_succeeds_once_and_ends_the_family(ann: Any) -> None:
    threads, rounds = (20, 10) if FULL else (6, 3)
    for _round in range(rounds):
        token = log_in("ann@example.com")["refresh"]

        def send(index: int, token: str = token) -> tuple[int, Any]:
            answer = Client().post("/api/auth/refresh/", {"refresh": token}, content_type="application/json")
            return answer.status_code, answer.json()

        found = at_once(threads, send)
        statuses = Counter(status for status, _body in found)
        won = [body for status, body in found if status == 200]
        # The others wait for the first one, which has its tokens before the reuse ends the log-in.
        assert statuses == {200: 1, 401: threads - 1}
        assert not LoginSession.objects.filter(revoked_at=None).exists()
        for body in won:
            assert me(body["access"]) == 401
            assert refresh(body["refresh"]).status_code == 401
