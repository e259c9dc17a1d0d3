"""What goes wrong below a socket: the channel layer, the server's own mistakes, a set-up that cuts readers off."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.middleware.gzip import GZipMiddleware
from django.test import AsyncRequestFactory, RequestFactory

from ai_cms.chat.checks import check_layer
from ai_cms.chat.layer import LayerLink
from ai_cms.chat.live import tailing
from ai_cms.chat.services import create_conversation
from ai_cms.core.jsontypes import JsonObject
from ai_cms.llm.runs import looking, streaming
from ai_cms.llm.runs.looking import Look
from ai_cms.llm.runs.streaming import Tail, tail_stream

from .sockets import connected, in_thread, played, token_of

#: What a layer takes as the name of a group, Redis as well as memory.
GROUP = re.compile(r"[a-zA-Z0-9\-_.]{1,99}")


class Layer:
    """A layer that takes what Redis takes, fails as often as told, and writes down what it was asked."""

    made: list[Layer] = []

    def __init__(self, **config: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.joined: list[str] = []
        self.failures = {"send": 0, "receive": 0}
        self.news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.made.append(self)

    def _fail(self, what: str) -> None:
        if self.failures[what]:
            self.failures[what] -= 1
            raise ConnectionError("Connection closed by server.")

    async def new_channel(self) -> str:
        return "specific.test!1"

    async def group_add(self, group: str, channel: str) -> None:
        assert GROUP.fullmatch(group)
        self.joined.append(group)

    async def group_discard(self, group: str, channel: str) -> None:
        self.joined.remove(group)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self._fail("send")
        assert GROUP.fullmatch(group)
        # No number as a key, no date, no tuple: Redis changes or refuses these, memory takes anything.
        assert json.loads(json.dumps(message)) == message
        assert all(isinstance(value, str) for value in message.values())
        self.sent.append(message)

    async def receive(self, channel: str) -> dict[str, Any]:
        self._fail("receive")
        while self.news.empty():
            await asyncio.sleep(0.02)
            self._fail("receive")
        return self.news.get_nowait()


class Hall:
    """Whoever listens in this process."""

    origin = "here"

    def __init__(self) -> None:
        self.key = uuid4()
        self.heard: list[tuple[UUID, str, JsonObject]] = []
        self.looked = threading.Event()

    def deliver(self, key: UUID, kind: str, data: JsonObject) -> None:
        self.heard.append((key, kind, data))

    def everybody_looks(self) -> None:
        self.looked.set()

    def keys(self) -> list[UUID]:
        return [self.key]

    def listens(self, key: UUID) -> bool:
        return key == self.key

    def tick(self) -> None:
        """Nothing is due."""


def eventually(found: Callable[[], Any]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if found():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def link(hall: Hall, settings: Any) -> LayerLink:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Layer"}}
    return LayerLink(hall)


def test_what_is_said_fits_every_layer_and_is_heard_by_others_alone(link: LayerLink, hall: Hall) -> None:
    layer = Layer.made[-1]
    link.join(hall.key)
    link.send(hall.key, "typing", {"id": "1", "name": "Änn 🌾", "on": True})
    assert eventually(lambda: layer.sent)
    assert layer.joined == [f"ai_cms.chat.{hall.key.hex}"]
    told = layer.sent[0]
    # Its own words come back with the group's; they were heard already.
    layer.news.put_nowait(told)
    layer.news.put_nowait({"type": "ai_cms.chat", "body": "no JSON"})
    layer.news.put_nowait({**told, "body": told["body"].replace('"here"', '"there"')})
    assert eventually(lambda: hall.heard)
    assert hall.heard == [(hall.key, "typing", {"id": "1", "name": "Änn 🌾", "on": True})]


def test_the_first_command_after_a_restart_of_redis_may_fail(link: LayerLink, hall: Hall) -> None:
    layer = Layer.made[-1]
    layer.failures["send"] = 1
    link.send(hall.key, "rows", {})
    assert eventually(lambda: layer.sent)


def test_a_receiver_that_is_cut_off_goes_on_joins_again_and_has_everybody_look(link: LayerLink, hall: Hall) -> None:
    layer = Layer.made[-1]
    layer.failures["receive"] = 2
    assert hall.looked.wait(30)
    # The new Redis knows no groups.
    assert eventually(lambda: layer.joined)
    layer.news.put_nowait({"body": json.dumps({"from": "there", "key": hall.key.hex, "kind": "rows", "data": {}})})
    assert eventually(lambda: hall.heard)


def test_a_layer_that_is_away_keeps_nobody_waiting(link: LayerLink, hall: Hall) -> None:
    Layer.made[-1].failures["send"] = 10**6
    begun = time.monotonic()
    for _number in range(2000):
        link.send(uuid4(), "rows", {})
    # Handed over to a thread; waiting for each would take minutes.
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("hosts", "warned"),
    [
        (["redis://localhost"], True),
        ([{"address": "redis://localhost"}], True),
        ([{"address": "redis://localhost", "socket_timeout": 60}], False),
    ],
)
def test_a_layer_whose_readers_are_cut_off_after_five_quiet_seconds_is_warned_of(
    settings: Any, hosts: list[Any], warned: bool
) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": hosts}}
    }
    assert [item.id for item in check_layer(None)] == ["ai_cms_chat.W002"] * warned


@pytest.mark.django_db(transaction=True)
def test_a_mistake_of_ours_ends_the_socket_with_a_code(ann: Any, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = create_conversation(actor=ann)

    def broken(self: Any, **options: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(tailing.LiveTail, "begin", broken)

    async def scene() -> Any:
        async with connected(f"/ws/conversations/{talk.pk}/", token=await in_thread(token_of, ann)) as socket:
            return await socket.closed(), socket.frames

    code, frames = played(scene)
    # Servers differ in what they make of an exception, some of them a cut without a frame.
    assert (code, frames[-1]) == (4500, {"type": "error", "code": "server_error"})


@pytest.mark.parametrize("factory", [RequestFactory, AsyncRequestFactory])
def test_events_are_not_held_back_by_compression(factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(places: Any) -> list[Look]:
        """Bring the first event, then the second, which is the last."""
        return [Look([{"id": after + 1, "event": "x", "data": after + 1}], over=after == 1) for _run, after in places]

    for module in (looking, streaming):
        monkeypatch.setattr(module, "look", look)
    request = factory().get("/", headers={"Accept-Encoding": "gzip"})
    tail = Tail(uuid4(), 0, ndjson=True)
    answer: Any = GZipMiddleware(lambda request: tail_stream(request, tail, "text/event-stream"))(request)
    assert answer["Content-Encoding"] == "identity"

    async def pieces() -> list[bytes]:
        return [piece async for piece in answer]

    found = asyncio.run(pieces()) if answer.is_async else list(answer)
    assert found[-2:] == [b'{"id":1,"event":"x","data":1}\n', b'{"id":2,"event":"x","data":2}\n']
