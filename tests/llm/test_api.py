"""The REST routes of logs, credits, backends and runs: what is there, and for whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from ai_cms.core.tokens import create_token
from ai_cms.llm import gateway
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.messages import LLMRequest, Message
from ai_cms.llm.models import AILog, CreditEntry, Run
from ai_cms.llm.runs.context import RunContext, run_handlers
from ai_cms.llm.runs.services import start_run

pytestmark = pytest.mark.django_db


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def ask(user: Any, **options: Any) -> None:
    gateway.call(LLMRequest([Message.user("Hello")]), actor=user, **options)


@pytest.fixture
def other(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("other")


@pytest.fixture
def auditor(django_user_model: Any) -> Any:
    """Return a member of the staff who may look at logs and credits and do nothing else."""
    user = django_user_model.objects.create_user("auditor", is_staff=True)
    names = ["view_ailog", "view_creditaccount", "view_creditentry", "view_run"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


def test_logs_are_ones_own_and_the_staffs(
    testing_llm: TestingBackend, member: Any, other: Any, auditor: Any, editor: Any
) -> None:
    ask(member, task="summary", target=other)
    ask(other, task="title")
    mine = client_of(member).get("/api/ai/logs/").json()
    assert [row["task"] for row in mine["results"]] == ["summary"]
    row = mine["results"][0]
    assert row["target"] == {"type": "auth.user", "id": str(other.pk), "label": "other"}
    assert row["prompt"] == [{"role": "user", "content": "Hello"}]
    assert client_of(auditor).get("/api/ai/logs/").json()["count"] == 2
    assert client_of(editor).get("/api/ai/logs/").json()["count"] == 0
    theirs = AILog.objects.get(task="title")
    assert client_of(member).get(f"/api/ai/logs/{theirs.pk}/").status_code == 404
    assert (
        client_of(member).get("/api/ai/logs/999999/").json()
        == client_of(member).get(f"/api/ai/logs/{theirs.pk}/").json()
    )
    assert APIClient().get("/api/ai/logs/").status_code == 401


def test_logs_are_filtered(testing_llm: TestingBackend, superuser: Any, member: Any) -> None:
    ask(member, task="summary", target=member)
    ask(superuser, task="title")
    client = client_of(superuser)

    def count(query: str) -> int:
        return int(client.get(f"/api/ai/logs/?{query}").json()["count"])

    assert count("task=summary") == 1
    assert count(f"user={member.pk}") == 1
    assert count("user=me") == 1
    assert count("user=nobody") == 0
    assert count("user=99999999999999999999999999") == 0
    assert count("target_type=auth.user") == 1
    assert count(f"target_type=auth.user&target_id={member.pk}") == 1
    assert count("status=complete&usage_source=reported&model=testing") == 2
    assert count("created_after=2100-01-01T00:00:00Z") == 0
    assert client.get("/api/ai/logs/?status=nonsense").status_code == 400
    for moment in ("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "yesterday"):
        assert list(client.get(f"/api/ai/logs/?created_after={moment}").json()) == ["created_after"]
    assert client.get("/api/ai/logs/?ordering=-cost_micro").status_code == 200


def test_credits_show_what_is_left(testing_llm: TestingBackend, member: Any, other: Any, auditor: Any) -> None:
    body = client_of(member).get("/api/ai/credits/").json()
    assert body["tier"] == "free"
    assert (body["text"]["credits"], body["text"]["balance"], body["text"]["unit"]) == (100, 100_000, "tokens")
    assert (body["image"]["credits"], body["image"]["allowance"]) == (10, 10)
    ask(member)
    charged = AILog.objects.get().charged
    assert client_of(member).get("/api/ai/credits/").json()["text"]["balance"] == 100_000 - charged
    assert client_of(auditor).get(f"/api/ai/credits/?user={member.pk}").json()["user"] == str(member.pk)
    assert client_of(other).get(f"/api/ai/credits/?user={member.pk}").status_code == 404
    assert client_of(other).get("/api/ai/credits/?user=12345678").status_code == 404
    entries = client_of(member).get("/api/ai/credits/entries/?account=text").json()["results"]
    assert [entry["kind"] for entry in entries] == ["charge", "allowance"]
    assert client_of(other).get("/api/ai/credits/entries/").json()["count"] == 0


def test_staff_grants_credits_once_a_key(superuser: Any, member: Any, auditor: Any) -> None:
    body = {"user": str(member.pk), "kind": "text", "credits": 5, "note": "sorry"}

    def grant(user: Any, data: dict[str, Any], key: str) -> Any:
        return client_of(user).post("/api/ai/credits/grant/", data, format="json", headers={"Idempotency-Key": key})

    assert grant(member, body, "a").status_code == 403
    assert grant(auditor, body, "b").status_code == 403
    first = grant(superuser, body, "c")
    assert (first.status_code, first.json()["amount"]) == (201, 5000)
    assert grant(superuser, body, "c").json() == first.json()
    assert grant(superuser, {**body, "credits": 6}, "c").status_code == 422
    assert CreditEntry.objects.filter(kind="grant").count() == 1
    assert grant(superuser, {**body, "user": "nobody"}, "d").status_code == 400
    assert grant(superuser, {**body, "credits": 0}, "e").status_code == 400


def test_backends_tell_no_secrets(settings: Any, member: Any) -> None:
    settings.AI_CMS = {
        "LLM": {
            "default": {
                "BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend",
                "MODEL": "gpt-x",
                "OPTIONS": {"api_key": "sk-very-secret", "base_url": "https://inside.example/v1"},
            },
            "rules": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"},
            "broken": {"BACKEND": "no.such.Backend"},
        }
    }
    answer = client_of(member).get("/api/ai/backends/")
    assert [entry["alias"] for entry in answer.json()] == ["default", "rules"]
    assert answer.json()[0]["model"] == "gpt-x"
    assert "secret" not in answer.content.decode()
    assert "inside" not in answer.content.decode()


@pytest.fixture
def finished_run(settings: Any, member: Any) -> Run:
    settings.AI_CMS = {"RUNNER": "inline"}

    def handler(run: RunContext) -> dict[str, int]:
        run.text("Hello ")
        run.text("world")
        run.emit("operation", {"op": "insert"})
        return {"page": 7}

    with run_handlers.temporarily("test", handler):
        return start_run("test", {"brief": "x"}, actor=member)


def test_a_run_is_read_by_its_owner_and_staff(finished_run: Run, member: Any, other: Any, auditor: Any) -> None:
    url = f"/api/runs/{finished_run.pk}/"
    body = client_of(member).get(url).json()
    assert (body["status"], body["text"], body["result"]) == ("done", "Hello world", {"page": 7})
    assert "events" not in body
    events = client_of(member).get(f"{url}?after=2").json()["events"]
    assert [event["event"] for event in events] == ["delta", "operation", "done"]
    assert client_of(auditor).get(url).status_code == 200
    assert client_of(other).get(url).status_code == 404
    assert client_of(other).get(f"{url}events/").status_code == 404
    assert client_of(other).post(f"{url}cancel/").status_code == 404
    assert client_of(auditor).post(f"{url}cancel/").status_code == 403
    assert client_of(member).get("/api/runs/not-an-id/").status_code == 404
    assert client_of(member).get(f"{url}?after=-1").status_code == 400
    assert client_of(member).get("/api/runs/").json()["count"] == 1
    assert client_of(other).get("/api/runs/").json()["count"] == 0


def test_a_read_only_token_may_watch_but_not_cancel(finished_run: Run, member: Any) -> None:
    secret = create_token(member, scopes=["read"])[1]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(f"/api/runs/{finished_run.pk}/").status_code == 200
    assert client.post(f"/api/runs/{finished_run.pk}/cancel/").status_code == 403


def test_events_are_streamed_and_resumed(finished_run: Run, member: Any) -> None:
    client = client_of(member)
    answer = client.get(f"/api/runs/{finished_run.pk}/events/", headers={"Accept": "text/event-stream"})
    assert answer["Content-Type"].startswith("text/event-stream")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Accel-Buffering"] == "no"
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("retry: ")
    blocks = text.strip().split("\n\n")[1:]
    assert [block.splitlines()[0] for block in blocks] == [f"id: {n}" for n in range(1, len(blocks) + 1)]
    resumed = client.get(f"/api/runs/{finished_run.pk}/events/", headers={"Last-Event-ID": "3"})
    assert b"".join(resumed.streaming_content).decode().strip().split("\n\n")[1:] == blocks[3:]
    assert client.get(f"/api/runs/{finished_run.pk}/events/?after=x").status_code == 400


def test_events_come_as_lines_of_json_too(finished_run: Run, member: Any) -> None:
    answer = client_of(member).get(
        f"/api/runs/{finished_run.pk}/events/?after=1", headers={"Accept": "application/x-ndjson"}
    )
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]
    assert [line["event"] for line in lines] == ["started", "delta", "operation", "done"]
    assert lines[-1]["data"] == {"result": {"page": 7}}
