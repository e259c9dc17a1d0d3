"""A run in a protocol over HTTP: followed while it is written, polled, cut, refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.test import AsyncRequestFactory, RequestFactory
from django.utils import timezone

from ai_cms.chat.streams.acts import StreamBegan
from ai_cms.chat.streams.frames import Position
from ai_cms.chat.streams.serving import frame_page, frame_stream, protocol_of, reminder
from ai_cms.core.exceptions import InvalidInput
from ai_cms.llm.models import Run
from ai_cms.llm.runs.events import append_event
from ai_cms.llm.seats import AllSeatsTaken, leave_seat, take_seat

from .logs import ASKED, FULL, MESSAGE, PROTOCOLS, Log, frames_of
from .validators import CHECKS

pytestmark = pytest.mark.django_db(transaction=True)
both = pytest.mark.parametrize("name", PROTOCOLS)


@pytest.fixture
def run(member: Any) -> Run:
    return Run.objects.create(handler="x", user=member, status="running")


def write(run: Run, events: Log) -> None:
    for event in events:
        over = event["event"] in ("done", "cancelled", "error", "interrupted")
        fields: dict[str, Any] = {"status": event["event"], "finished_at": timezone.now()} if over else {}
        append_event(Run.objects.filter(pk=run.pk), run.pk, event["event"], event["data"], **fields)


def parts(body: bytes) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in body.decode().split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def read(run: Run, name: str, after: str = "0", request: Any = None) -> bytes:
    response: Any = frame_stream(
        request or RequestFactory().get("/"), run.pk, PROTOCOLS[name], message=MESSAGE, after=Position.read(after)
    )
    return b"".join(response)


def test_the_protocols_by_their_names(run: Run) -> None:
    assert protocol_of("ai-sdk", run_id=run.pk, thread="t").parts(StreamBegan("m"))[0]["messageMetadata"] == {
        "run": str(run.pk)
    }
    began = protocol_of("ag-ui", run_id=run.pk, thread="t").parts(StreamBegan("m"))
    assert began == [{"type": "RUN_STARTED", "threadId": "t", "runId": str(run.pk)}]
    with pytest.raises(InvalidInput):
        protocol_of("AI-SDK", run_id=run.pk, thread="t")


@both
def test_under_asgi_a_stream_follows_the_run_to_its_end(run: Run, name: str) -> None:
    write(run, FULL[:5])

    async def watch() -> tuple[Any, bytes]:
        response: Any = frame_stream(AsyncRequestFactory().get("/"), run.pk, PROTOCOLS[name], message=MESSAGE)
        body = b""
        async for piece in response:
            body += piece
            if "🥖" in body.decode("utf-8", "ignore") and b"find_pages" not in body:
                await asyncio.get_running_loop().run_in_executor(None, in_thread, run)
        return response, body

    response, body = async_to_sync(watch)()
    assert parts(body) == [frame.part for frame in frames_of(FULL, PROTOCOLS[name])]
    assert body.startswith(b"retry: 1000\n\n") and b"\r" not in body
    assert body.endswith(b"data: [DONE]\n\n") is (name == "ai-sdk")
    assert response.headers.get("x-vercel-ai-ui-message-stream") == ("v1" if name == "ai-sdk" else None)
    assert response["Content-Type"] == "text/event-stream; charset=utf-8"


def in_thread(run: Run) -> None:
    try:
        write(run, FULL[5:])
    finally:
        connections.close_all()


@both
def test_cut_and_resumed_under_wsgi_it_is_the_same_stream(run: Run, name: str) -> None:
    write(run, FULL)
    whole = frames_of(FULL, PROTOCOLS[name])
    for index in (0, 3, 9, len(whole) - 2):
        assert parts(read(run, name, whole[index].id)) == [frame.part for frame in whole[index + 1 :]]
    assert parts(read(run, name, whole[-1].id)) == []


@both
def test_a_run_whose_worker_died_ends_its_stream_in_an_error(run: Run, name: str) -> None:
    write(run, FULL[:5])
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    body = read(run, name)
    CHECKS[name](parts(body))
    assert parts(body)[-1]["type"] in ("error", "RUN_ERROR")
    assert body.endswith(b"data: [DONE]\n\n") is (name == "ai-sdk")


@both
def test_a_run_that_waits_ends_its_stream(run: Run, name: str) -> None:
    write(run, ASKED)
    body = read(run, name)
    CHECKS[name](parts(body))
    assert b"id: 5.end\n" in body


@both
def test_a_stream_that_is_closed_early_says_so(run: Run, name: str, settings: Any) -> None:
    settings.AI_CMS = {"RUN_STREAM_SECONDS": 0.05}
    write(run, FULL[:5])
    last = parts(read(run, name))[-1]
    assert "The answer goes on" in last.get("errorText", last.get("message"))


def test_where_no_thread_is_free_the_client_is_refused_before_the_stream(run: Run, settings: Any) -> None:
    settings.AI_CMS = {"WEB_THREADS": 2}
    assert take_seat()
    try:
        with pytest.raises(AllSeatsTaken) as refused:
            read(run, "ai-sdk")
    finally:
        leave_seat()
    assert refused.value.status_code == 503 and refused.value.retry_after


@both
def test_polled_step_by_step_it_is_the_same_stream(run: Run, name: str) -> None:
    found: list[Any] = []
    after, over = "0", False
    for event in FULL:
        assert not over
        write(run, [event])
        page = frame_page(run.pk, PROTOCOLS[name], message=MESSAGE, after=Position.read(after))
        found += page["frames"]
        after, over = page["after"], page["over"]
    assert over
    assert found == [{"id": frame.id, "part": frame.part} for frame in frames_of(FULL, PROTOCOLS[name])]


def test_a_poll_of_a_lost_run_and_of_one_that_waits(run: Run) -> None:
    write(run, ASKED)
    page = frame_page(run.pk, PROTOCOLS["ag-ui"], message=MESSAGE)
    assert page["over"] and page["after"] == "5.end"
    again = frame_page(run.pk, PROTOCOLS["ag-ui"], message=MESSAGE, after=Position.read("5.end"))
    assert again == {"frames": [], "after": "5.end", "over": False}
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    lost = frame_page(run.pk, PROTOCOLS["ag-ui"], message=MESSAGE, after=Position.read("5.end"))
    assert lost["over"] and lost["frames"][-1]["part"]["type"] == "RUN_ERROR"


@both
def test_who_asks_without_answering_is_told_again_what_is_waited_for(run: Run, name: str) -> None:
    write(run, FULL[:3])
    assert reminder(run.pk, PROTOCOLS[name], message=MESSAGE) is None
    run = Run.objects.create(handler="x", user=run.user, status="requires_action")
    write(run, ASKED)
    response: Any = reminder(run.pk, PROTOCOLS[name], message=MESSAGE)
    told = parts(response.content)
    CHECKS[name](told)
    assert len(told) == 2 and told[1] == frames_of(ASKED, PROTOCOLS[name])[-1].part
