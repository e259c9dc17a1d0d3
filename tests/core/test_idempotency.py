from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from ai_cms.core.api import idempotency
from ai_cms.core.exceptions import Conflict
from ai_cms.core.models import IdempotencyRecord, RuntimeFlag
from ai_cms.core.tokens import create_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(member: Any, client_of: Any) -> APIClient:
    client: APIClient = client_of(member)
    return client


def send(client: Any, url: str = "/t/write/", body: Any = None, key: str = "k") -> Any:
    return client.post(url, body or {}, format="json", headers={"Idempotency-Key": key})


@pytest.mark.parametrize("path", ["/t/write/", "/t/loose/"])
def test_a_repeated_request_gives_the_same_answer_and_has_one_effect(client: APIClient, path: str) -> None:
    first = send(client, path)
    second = send(client, path)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json() == {"number": 0, "text": "Grüße"}
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert second["ETag"] == first["ETag"] == '"v3"'
    assert second["Cache-Control"] == "private, no-store"
    assert RuntimeFlag.objects.count() == 1


def test_without_a_key_each_request_counts(client: APIClient) -> None:
    client.post("/t/write/", {}, format="json")
    client.post("/t/write/", {}, format="json")
    assert RuntimeFlag.objects.count() == 2
    assert not IdempotencyRecord.objects.exists()


def test_an_empty_answer_is_replayed(client: APIClient) -> None:
    assert send(client, "/t/write/?end=empty").status_code == 204
    again = send(client, "/t/write/?end=empty")
    assert (again.status_code, again.content) == (204, b"")
    assert RuntimeFlag.objects.count() == 1


@pytest.mark.parametrize(("path", "body"), [("/t/write/", {"a": 1}), ("/t/write/?x=1", {}), ("/t/loose/", {})])
def test_another_request_with_the_key_is_refused(client: APIClient, path: str, body: Any) -> None:
    send(client)
    answer = send(client, path, body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert RuntimeFlag.objects.count() == 1


def test_while_the_first_runs_the_second_waits(client: APIClient) -> None:
    send(client)
    IdempotencyRecord.objects.update(status_code=None)
    answer = send(client)
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_in_flight"
    assert answer["Retry-After"] == "1"


def test_what_a_dead_process_left_is_taken_over_after_the_lease(client: APIClient) -> None:
    send(client)
    RuntimeFlag.objects.all().delete()
    IdempotencyRecord.objects.update(status_code=None, leased_until=timezone.now() - timedelta(seconds=1))
    assert send(client).status_code == 201
    assert RuntimeFlag.objects.count() == 1
    assert IdempotencyRecord.objects.get().is_done


def test_who_was_taken_over_undoes_its_work(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    original = idempotency._Claim.complete

    def overtaken(self: Any, response: Any) -> None:
        IdempotencyRecord.objects.update(claim=uuid.uuid4())
        original(self, response)

    monkeypatch.setattr(idempotency._Claim, "complete", overtaken)
    answer = send(client)
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_taken_over"
    assert not RuntimeFlag.objects.exists()


def test_expired_keys_are_free_for_another_request(client: APIClient) -> None:
    send(client)
    IdempotencyRecord.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert send(client, body={"a": 1}).status_code == 201
    assert RuntimeFlag.objects.count() == 2


@pytest.mark.parametrize(("path", "status"), [("/t/write/?end=refuse", 400), ("/t/write/?end=500", 500)])
def test_refusals_undo_the_work_and_release_the_key(client: APIClient, path: str, status: int) -> None:
    for _attempt in range(2):
        answer = send(client, path)
        assert answer.status_code == status
        assert "Idempotency-Replayed" not in answer
    assert not RuntimeFlag.objects.exists()
    assert not IdempotencyRecord.objects.exists()


def test_a_crash_undoes_the_work_and_releases_the_key(member: Any) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(member)
    answer = client.post("/t/write/?end=crash", "{}", content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 500
    assert not RuntimeFlag.objects.exists()
    assert not IdempotencyRecord.objects.exists()


def test_a_stale_write_keeps_what_the_view_wrote_for_it(client: APIClient) -> None:
    answer = send(client, "/t/write/?end=stale")
    assert answer.status_code == 412
    assert answer.json()["current_version"] == 7
    assert RuntimeFlag.objects.count() == 1
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize(("end", "kept"), [("stale", 1), ("refuse", 0)])
def test_where_the_host_wraps_requests_in_transactions(
    client: APIClient, monkeypatch: pytest.MonkeyPatch, end: str, kept: int
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    assert client.post(f"/t/write/?end={end}", {}, format="json").status_code in (400, 412)
    assert RuntimeFlag.objects.count() == kept
    assert send(client, f"/t/write/?end={end}").status_code in (400, 412)
    assert RuntimeFlag.objects.count() == 2 * kept
    assert send(client).status_code == 201
    assert send(client)["Idempotency-Replayed"] == "true"


def test_a_streamed_answer_is_not_repeated_but_its_effect_is_not_either(client: APIClient) -> None:
    first = send(client, "/t/loose/?end=stream")
    assert b"".join(first.streaming_content) == b"data"
    again = send(client, "/t/loose/?end=stream")
    assert again.status_code == 409
    assert again.json()["code"] == "idempotency_done"
    assert RuntimeFlag.objects.count() == 1


def test_uploads_are_compared_by_their_parts(client: APIClient) -> None:
    def upload(content: bytes) -> Any:
        file = SimpleUploadedFile("a.txt", content)
        return client.post("/t/echo/", {"name": "a", "file": file}, headers={"Idempotency-Key": "k"})

    assert upload(b"one").status_code == 201
    assert upload(b"one")["Idempotency-Replayed"] == "true"
    assert upload(b"two").status_code == 422


@pytest.mark.parametrize("key", ["", "é", "a" * 256, "a\tb"])
def test_malformed_keys_are_refused(client: APIClient, key: str) -> None:
    answer = client.post("/t/write/", {}, format="json", HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_idempotency_key"
    assert not RuntimeFlag.objects.exists()


def test_keys_belong_to_whoever_sends_them(client: APIClient, member: Any, superuser: Any, client_of: Any) -> None:
    send(client)
    assert "Idempotency-Replayed" not in send(client_of(superuser))
    for _number in range(2):
        _token, secret = create_token(member, scopes=["write"])
        bearer = APIClient()
        bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert "Idempotency-Replayed" not in send(bearer)
    stranger = APIClient()
    assert "Idempotency-Replayed" not in send(stranger, "/t/echo/")
    assert send(stranger, "/t/echo/")["Idempotency-Replayed"] == "true"
    elsewhere = APIClient(REMOTE_ADDR="192.0.2.7")
    assert "Idempotency-Replayed" not in send(elsewhere, "/t/echo/")


def test_reading_ignores_the_key(client: APIClient) -> None:
    assert client.get("/t/echo/", headers={"Idempotency-Key": "k"}).status_code == 200
    assert not IdempotencyRecord.objects.exists()


def test_a_claim_gives_up_when_the_row_keeps_vanishing(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = idempotency._Claim("user:1", "k", "hash", 60)
    monkeypatch.setattr(claim, "_insert_or_get", lambda: None)
    with pytest.raises(Conflict):
        claim.take()


def test_long_views_hold_their_key_longer(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency._Claim, "complete", lambda self, response: None)
    send(client, "/t/loose/")
    lease = IdempotencyRecord.objects.get().leased_until - timezone.now()
    assert timedelta(seconds=590) < lease <= timedelta(seconds=600)
