"""Event streams under ASGI and WSGI, and what happens to a call when its client leaves."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.test import AsyncRequestFactory, RequestFactory

from ai_cms.llm import gateway
from ai_cms.llm.messages import CancelToken, ImageRequest, LLMRequest, Message, TextDelta
from ai_cms.llm.models import AILog, CreditAccount, LLMCall, Run
from ai_cms.llm.runs.events import append_event
from ai_cms.llm.runs.streaming import run_stream
from ai_cms.llm.seats import has_free_seat

from .fault_server import FaultServer
from .provider import DEADLINES, _provider, provider

__all__ = ["_provider", "provider"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_threads_left(transactional_db: None) -> Iterator[None]:
    """Have the threads of a test close their connections before its rows are removed."""
    yield
    wait_for_threads()


def wait_for_threads() -> None:
    """Wait until calls that were left have been settled."""
    for thread in threading.enumerate():
        if thread.name == "ai-cms-llm":
            thread.join(5)


@pytest.fixture
def run(member: Any) -> Run:
    found = Run.objects.create(handler="x", user=member, status="running")
    for number in range(3):
        write(found, "delta", {"text": f"piece {number} "})
    return found


def write(run: Run, type: str, data: dict[str, Any], **fields: Any) -> None:
    append_event(Run.objects.filter(pk=run.pk), run.pk, type, data, **fields)


def finish(run: Run) -> None:
    from django.utils import timezone

    write(run, "done", {"result": None}, status="done", finished_at=timezone.now())


def lines(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


def test_a_stream_under_asgi_follows_the_run_to_its_end(run: Run) -> None:
    async def watch() -> bytes:
        response: Any = run_stream(AsyncRequestFactory().get("/"), run, after=1, ndjson=True)
        assert response.is_async
        body = b""
        async for piece in response:
            body += piece
            if b'"id":3' in body and b"done" not in body:
                await asyncio.get_running_loop().run_in_executor(None, in_thread, lambda: finish(run))
        return body

    assert [line["id"] for line in lines(async_to_sync(watch)())] == [2, 3, 4]


def in_thread(work: Any) -> None:
    try:
        work()
    finally:
        connections.close_all()


def test_a_stream_under_wsgi_follows_the_run_to_its_end(run: Run) -> None:
    response: Any = run_stream(RequestFactory().get("/"), run, after=0)
    assert not response.is_async
    body = b""
    for piece in response:
        body += piece
        if b"id: 3" in body and b"done" not in body:
            finish(run)
    assert body.startswith(b"retry: 1000\n\n")
    assert body.count(b"event: delta") == 3
    assert body.endswith(b'id: 4\nevent: done\ndata: {"result":null}\n\n')


def test_too_many_patient_clients_under_wsgi_are_told_to_come_back(run: Run, settings: Any) -> None:
    settings.AI_CMS = {"WEB_THREADS": 2}
    first: Any = run_stream(RequestFactory().get("/"), run, after=0)
    next(iter(first))
    second = b"".join(run_stream(RequestFactory().get("/"), run, after=0))  # type: ignore[call-overload]
    assert second.count(b"event: delta") == 3
    first.close()
    assert has_free_seat(RequestFactory().get("/"))


def test_a_quiet_stream_shows_life_and_ends_in_time(run: Run, settings: Any) -> None:
    settings.AI_CMS = {"RUN_PING_SECONDS": 0.05, "RUN_STREAM_SECONDS": 0.4}
    body = b"".join(run_stream(RequestFactory().get("/"), run, after=3))  # type: ignore[call-overload]
    assert b": ping\n\n" in body
    assert b"event:" not in body


def test_a_stream_cut_and_resumed_at_every_event_is_complete(run: Run) -> None:
    finish(run)
    seen: list[int] = []
    for after in range(4):
        response: Any = run_stream(RequestFactory().get("/"), run, after=after, ndjson=True)
        pieces = iter(response)
        seen.append(next(line["id"] for piece in pieces for line in lines(piece)))
        response.close()
    assert seen == [1, 2, 3, 4]


# What a client that leaves means for the provider


@pytest.fixture
def slow(provider: FaultServer, settings: Any) -> FaultServer:
    settings.AI_CMS = {
        "LLM": {
            "default": {
                "BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend",
                "MODEL": "infinite-slow",
                "OPTIONS": {
                    "api_key": "sk-secret",
                    "base_url": provider.url,
                    "deadlines": {**DEADLINES, "first_byte": 10.0, "gap": 10.0, "total": 30.0},
                },
            }
        }
    }
    return provider


def ask(model: str = "", **options: Any) -> LLMRequest:
    return LLMRequest([Message.user("Write for ever.")], model=model, max_tokens=2000, **options)


def stopped_in_time(provider: FaultServer, left_at: float) -> bool:
    for _ in range(200):
        if provider.last.client_left is not None:
            return provider.last.client_left - left_at < 2
        time.sleep(0.02)
    return False


def assert_settled(member: Any, status: str = "incomplete") -> AILog:
    wait_for_threads()
    assert not LLMCall.objects.open().exists()
    log = AILog.objects.get()
    assert log.status == status
    assert log.usage_source == "estimated"
    assert log.charged > 0
    account = CreditAccount.objects.get(user=member, kind="text")
    assert account.reserved == 0
    assert account.balance == sum(account.entries.values_list("amount", flat=True))
    return log


def test_closing_a_stream_stops_the_provider(slow: FaultServer, member: Any) -> None:
    with gateway.stream(ask(), actor=member) as events:
        received = "".join(next(events).text for _ in range(4))
        left_at = time.monotonic()
    assert stopped_in_time(slow, left_at)
    assert assert_settled(member).output == received


def test_cancelling_from_another_thread_stops_the_provider(slow: FaultServer, member: Any) -> None:
    token = CancelToken()
    events = gateway.stream(ask(cancel=token), actor=member)
    next(events)
    left_at = time.monotonic()
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(Exception, match="ai_cancelled"):
        for _event in events:
            pass
    assert time.monotonic() - left_at < 2
    assert stopped_in_time(slow, left_at)
    assert "word" in assert_settled(member).output


def test_cancelling_before_the_first_byte(slow: FaultServer, member: Any) -> None:
    token = CancelToken()
    cancelled_at: list[float] = []

    def cancel() -> None:
        # Sooner, and nothing would be sent.
        while not slow.calls:
            time.sleep(0.01)
        cancelled_at.append(time.monotonic())
        token.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(Exception, match="ai_cancelled"):
        gateway.call(ask("hang", cancel=token), actor=member)
    assert time.monotonic() - cancelled_at[0] < 2
    assert assert_settled(member, "cancelled").output == ""


def test_leaving_an_asynchronous_stream_stops_the_provider(slow: FaultServer, member: Any) -> None:
    received: list[str] = []

    async def leave() -> float:
        events = gateway.astream(ask(), actor=member)
        async for event in events:
            if isinstance(event, TextDelta):
                received.append(event.text)
            if len(received) == 3:
                break
        left_at = time.monotonic()
        await events.aclose()  # type: ignore[attr-defined]
        return left_at

    left_at = async_to_sync(leave)()
    assert stopped_in_time(slow, left_at)
    assert assert_settled(member).output.startswith("".join(received))


def test_an_asynchronous_call_and_its_cancellation(slow: FaultServer, member: Any) -> None:
    async def both() -> tuple[str, float]:
        result = await gateway.acall(ask("ok"), actor=member)
        task = asyncio.create_task(gateway.acall(ask("hang"), actor=member))
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return result.text, begun

    text, left_at = async_to_sync(both)()
    assert text.startswith("The quick brown fox")
    assert stopped_in_time(slow, left_at)
    wait_for_threads()
    assert sorted(AILog.objects.values_list("status", flat=True)) == ["cancelled", "complete"]


def test_an_asynchronous_stream_ends_with_its_result(slow: FaultServer, member: Any) -> None:
    async def read() -> list[Any]:
        return [event async for event in gateway.astream(ask("ok"), actor=member)]

    events = async_to_sync(read)()
    assert isinstance(events[-1], gateway.CallResult)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == events[-1].text


@pytest.mark.parametrize("kind", ["text of a run", "embedding", "image"])
def test_cancelling_the_task_of_any_asynchronous_call_stops_the_provider(
    slow: FaultServer, member: Any, kind: str
) -> None:
    run = SimpleNamespace(run_id=None, cancel=CancelToken())

    async def leave() -> float:
        if kind == "embedding":
            call = gateway.aembed(["x"], actor=member, model="hang")
        elif kind == "image":
            call = gateway.agenerate_image(ImageRequest("x", model="hang"), actor=member, run=run)
        else:
            call = gateway.acall(ask("hang"), actor=member, run=run)
        task = asyncio.create_task(call)
        while not slow.calls:
            await asyncio.sleep(0.01)
        left_at = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return left_at

    assert stopped_in_time(slow, async_to_sync(leave)())
    wait_for_threads()
    assert AILog.objects.get().status == "cancelled"
    assert not run.cancel.cancelled, "the run may have more to do"


def test_a_call_of_a_run_stops_with_either_and_leaves_nothing_behind(slow: FaultServer, member: Any) -> None:
    for stops in ("run", "own"):
        run, request = SimpleNamespace(run_id=None, cancel=CancelToken()), ask()
        with gateway.stream(request, actor=member, run=run) as events:
            next(events)
            (run.cancel if stops == "run" else request.cancel).cancel()
            with pytest.raises(Exception, match="ai_cancelled"):
                list(events)
        assert (run.cancel.cancelled, request.cancel.cancelled) == (stops == "run", stops == "own")
        assert run.cancel._callbacks == request.cancel._callbacks == []


def test_closing_an_asynchronous_stream_has_stopped_it_when_it_returns(slow: FaultServer, member: Any) -> None:
    request = ask()

    async def leave() -> bool:
        events: Any = gateway.astream(request, actor=member)
        await anext(events)
        await events.aclose()
        return request.cancel.cancelled

    assert async_to_sync(leave)()
    wait_for_threads()
