"""A stop reaches the provider: whoever watches, its connection is closed, nothing more is written, and the watchers hear the end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import AsyncRequestFactory
from rest_framework.test import APIClient

from ai_cms.chat.models import Message
from ai_cms.chat.services import create_conversation, send_message
from ai_cms.llm.models import CreditAccount, CreditEntry, LLMCall, Run
from ai_cms.llm.runs.streaming import run_stream
from tests.llm.fault_server import FaultServer
from tests.llm.provider import PATIENT, _provider, provider

from .sockets import connected, in_thread, token_of

__all__ = ["_provider", "provider"]

pytestmark = pytest.mark.django_db(transaction=True)

#: Seconds that a machine may take which does much else; the order is what is tested.
LONG = 30.0


@pytest.fixture
def endless(provider: FaultServer, settings: Any) -> FaultServer:
    """Return a provider that writes a word every 50 ms until its connection is closed."""
    options = {"api_key": "sk-secret", "base_url": provider.url, "deadlines": PATIENT}
    backend = {"BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend", "MODEL": "infinite-slow", "OPTIONS": options}
    settings.AI_CMS = {"LLM": {"default": backend}, "RUNNER": "thread"}
    return provider


async def watched_by_sse(run: Run, user: Any, begun: Callable[[], Any]) -> str:
    """Watch by Server-Sent Events; ``begun`` is called once text has come. Returns the last event's name."""
    response: Any = run_stream(AsyncRequestFactory().get("/"), run, after=0)
    body, told = b"", False
    async for piece in response:
        body += piece
        if b"event: delta" in body and not told:
            told = True
            begun()
    return body.decode().rsplit("event: ", 1)[1].split("\n")[0]


async def watched_by_socket(run: Run, user: Any, begun: Callable[[], Any]) -> str:
    """Watch by WebSocket."""
    path = f"/ws/conversations/{run.payload['conversation']}/"
    told = False
    async with connected(path, token=await in_thread(token_of, user), after="0") as socket:
        while True:
            frame = await socket.frame(timeout=LONG)
            shown = (
                frame["type"] == "message" and frame["message"]["role"] == "assistant" and frame["message"]["content"]
            )
            name = frame["event"]["event"] if frame["type"] == "run" else ""
            if not told and (shown or name == "delta"):
                told = True
                begun()
            if name in ("done", "cancelled", "error"):
                return str(name)


async def nobody_watches(run: Run, user: Any, begun: Callable[[], Any]) -> str:
    """Look at the row alone, as a client without a stream does."""
    told = False
    while True:
        found = await in_thread(Run.objects.get, pk=run.pk)
        if found.text and not told:
            told = True
            begun()
        if found.is_finished:
            return str(found.status)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("watch", [watched_by_sse, watched_by_socket, nobody_watches])
@pytest.mark.parametrize("route", ["/api/conversations/{talk}/stop/", "/api/runs/{run}/cancel/"])
def test_a_stop_closes_the_connection_to_the_provider(
    endless: FaultServer, ann: Any, client_of: Callable[[Any], APIClient], watch: Any, route: str
) -> None:
    talk = create_conversation(actor=ann)
    [answer] = send_message(talk, "Write for ever.", actor=ann).answers
    asked_at: list[float] = []

    def stop() -> None:
        try:
            # Until somebody stops it, it goes on.
            assert endless.last.client_left is None
            asked_at.append(time.monotonic())
            address = route.format(talk=talk.pk, run=answer.run_id)
            assert client_of(ann).post(address, {}, format="json").status_code in (200, 202)
        finally:
            connections.close_all()

    stopping: list[threading.Thread] = []

    def begun() -> None:
        stopping.append(threading.Thread(target=stop))
        stopping[0].start()

    async def scene() -> str:
        async with asyncio.timeout(2 * LONG):
            return str(await watch(answer.run, ann, begun))

    assert asyncio.run(scene()) == "cancelled"
    stopping[0].join(LONG)
    until = time.monotonic() + LONG
    while endless.last.client_left is None and time.monotonic() < until:
        time.sleep(0.05)
    # After the stop, and of its making: the provider would have gone on, and no deadline of ours was near.
    assert endless.last.client_left is not None and asked_at[0] < endless.last.client_left
    assert len(endless.calls) == 1
    row = Message.objects.select_related("run").get(pk=answer.pk)
    assert row.run is not None
    assert (row.status, row.run.status) == ("stopped", "cancelled")
    assert row.content == row.run.text and row.content.startswith("word")
    # No word of what the provider still had on its way was added after the end.
    last = row.run.events.order_by("-seq").values_list("type", flat=True)[0]
    assert last == "cancelled"
    call = LLMCall.objects.get()
    assert call.finished_at is not None and call.charged <= call.hold
    assert CreditEntry.objects.filter(kind="charge").count() == 1
    assert CreditAccount.objects.get(user=ann, kind="text").reserved == 0


@pytest.mark.parametrize("watch", [watched_by_sse, watched_by_socket])
def test_a_watcher_who_leaves_stops_nothing(endless: FaultServer, ann: Any, watch: Any) -> None:
    from ai_cms.chat.services import stop_answers, wait_for

    talk = create_conversation(actor=ann)
    [answer] = send_message(talk, "Write for ever.", actor=ann).answers

    class Left(Exception):
        pass

    def leave() -> None:
        raise Left

    async def scene() -> None:
        async with asyncio.timeout(2 * LONG):
            await watch(answer.run, ann, leave)

    with pytest.raises(Left):
        asyncio.run(scene())
    known = len(Run.objects.get(pk=answer.run_id).text)
    until = time.monotonic() + LONG
    while len(Run.objects.get(pk=answer.run_id).text) <= known and time.monotonic() < until:
        time.sleep(0.1)
    assert len(Run.objects.get(pk=answer.run_id).text) > known
    assert endless.last.client_left is None
    assert stop_answers(talk, actor=ann) == 1
    [stopped] = wait_for([answer], LONG)
    assert stopped.status == "stopped"
