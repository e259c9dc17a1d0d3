"""The writing API: JSON, streams, runs, refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_cms.llm.models import Run
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Proposal

# Whichever page model is in use: the suite runs with a swapped one too.
Page: Any = get_page_model()

BRIEF = "Sourdough\nWe bake with wild yeast.\n\nOpening hours\n- Monday 8 to 12\n"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(api_client: Any, superuser: Any) -> Any:
    api_client.force_authenticate(superuser)
    return api_client


@pytest.fixture
def page(page_factory: Any) -> Any:
    made: Any = page_factory("Bread", content=[{"id": "h1", "type": "heading", "props": {"text": "Bread"}}])
    return made


def post(client: Any, **body: Any) -> Any:
    return client.post("/api/ai/generate-text/", body, format="json")


def test_tasks_come_with_their_schemas(client: Any) -> None:
    listed = {task["name"]: task for task in client.get("/api/ai/tasks/").json()}
    assert listed["page_draft"]["payload_schema"]["required"] == ["brief"]
    assert listed["page_draft"]["streams_operations"]
    assert listed["translate_page"]["needs_page"]


def test_without_a_page_the_result_is_returned_only(local: None, client: Any) -> None:
    answer = post(client, task="page_draft", payload={"brief": BRIEF})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["proposal"], body["provenance"]["source"]) == (None, "rules")
    assert body["operations"][0]["op"] == "insert"
    assert Proposal.objects.count() == 0


def test_with_a_page_it_becomes_a_proposal_to_accept_in_part(local: None, client: Any, page: Any) -> None:
    body = post(client, task="page_draft", payload={"brief": BRIEF}, page=page.pk).json()
    first = body["operations"][0]["block"]["id"]
    accepted = client.post(f"/api/proposals/{body['proposal']}/accept/", {"blocks": [first]}, format="json")
    assert accepted.status_code == 200, accepted.content
    page.refresh_from_db()
    assert [block["id"] for block in page.content_json.blocks] == ["h1", first]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"task": "nonsense", "payload": {}}, 400),
        ({"task": "page_draft", "payload": []}, 400),
        ({"task": "page_draft", "payload": {"brief": "x", "extra": 1}}, 400),
        ({"task": "translate_page", "payload": {"language": "de"}}, 400),
        ({"task": "seo", "payload": {}, "page": 999_999}, 404),
        ({"task": "seo", "payload": {}, "page": 2**70}, 400),
        ({"task": "seo", "payload": {"text": "x"}, "stream": True, "background": True}, 400),
    ],
)
def test_bad_requests_are_told_what_is_wrong(local: None, client: Any, root: Any, body: Any, status: int) -> None:
    answer = client.post("/api/ai/generate-text/", body, format="json")
    assert answer.status_code == status, answer.content


def test_strangers_and_read_tokens_may_not(local: None, api_client: Any, member: Any) -> None:
    from ai_cms.core.tokens import create_token

    assert post(api_client, task="seo", payload={"text": "x"}).status_code == 401
    _token, secret = create_token(member, scopes=["read"], name="t")
    api_client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert post(api_client, task="seo", payload={"text": "x"}).status_code == 403


@pytest.mark.parametrize("accept", ["text/event-stream", "application/x-ndjson"])
def test_operations_are_streamed_one_by_one(local: None, client: Any, page: Any, accept: str) -> None:
    client.credentials(HTTP_ACCEPT=accept)
    answer = post(client, task="page_draft", payload={"brief": BRIEF}, page=page.pk, stream=True)
    text = b"".join(answer.streaming_content).decode()
    if accept == "application/x-ndjson":
        events = [json.loads(line) for line in text.splitlines() if line]
        operations = [event for event in events if event["event"] == "operation"]
        assert operations[0]["data"]["op"] == "insert"
        assert events[-1]["data"]["result"]["proposal"]
    else:
        assert "event: operation" in text
        assert "event: done" in text
    assert Proposal.objects.count() == 1
    run = Run.objects.get(pk=answer["AI-CMS-Run"])
    assert client.get(f"/api/runs/{run.pk}/").json()["status"] == "done"


def test_long_work_can_be_left_and_come_back_to(local: None, client: Any, page: Any) -> None:
    answer = post(client, task="page_draft", payload={"brief": BRIEF}, page=page.pk, background=True)
    assert answer.status_code == 202
    run = client.get(f"/api/runs/{answer.json()['run']}/").json()
    assert run["status"] == "done"
    assert run["result"]["proposal"] == Proposal.objects.get().pk
    events = b"".join(client.get(answer.json()["events"], HTTP_LAST_EVENT_ID="1").streaming_content).decode()
    assert "event: done" in events


def test_a_repeated_request_is_one_request(local: None, client: Any, page: Any) -> None:
    client.credentials(HTTP_IDEMPOTENCY_KEY="once")
    bodies = [post(client, task="seo", payload={}, page=page.pk).json() for _ in range(3)]
    assert bodies[0] == bodies[1] == bodies[2]
    assert Proposal.objects.count() == 1


def test_pictures_are_checked_and_stored(model: Any, client: Any, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    model()
    answer = client.post("/api/ai/generate-image/", {"prompt": "A loaf", "alt": "A loaf"}, format="json")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (tmp_path / body["url"].removeprefix("/media/")).read_bytes().startswith(b"RIFF")
    assert client.get(f"/api/assets/{body['asset']}/").json()["prompt"] == "A loaf"
    assert body["alt"] == "A loaf"
    assert client.post("/api/ai/generate-image/", {"prompt": "x", "size": "big"}, format="json").status_code == 400
