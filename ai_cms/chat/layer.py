"""The link of this process to the channel layer: one thread with an event loop of its own.

It has a layer object of its own too: one that a project's consumers receive on cannot be received on by a second event loop.
What is sent is text, because a layer in memory carries what Redis refuses.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings

from ai_cms.core.jsontypes import JsonObject

__all__ = ["IN_MEMORY", "Hall", "LayerLink", "has_channels"]

logger = logging.getLogger("ai_cms.chat")

#: A layer that ends at the process: what it could bring, the process knows already.
IN_MEMORY = "channels.layers.InMemoryChannelLayer"
#: Seconds that one word to the layer may take, and between two tries to get it back.
PATIENCE = 3.0
PAUSES = (0.2, 0.5, 1.0, 2.0)
#: Seconds after which groups are joined again: the layer forgets them, a Redis without a disk when it is restarted.
REJOIN = 30.0
#: Seconds between two ticks of the hub.
TICK = 20.0
#: Words that wait for the layer at most; a layer that is away gets no more, and readers look by themselves.
BACKLOG = 1_000
#: Seconds between two complaints about a layer that is away.
COMPLAIN = 60.0


def has_channels() -> bool:
    """Return whether Channels can be imported."""
    try:
        import channels.layers  # noqa: F401
    except ImportError:
        return False
    return True


class Hall(Protocol):
    """What the link knows of the hub."""

    origin: str

    def deliver(self, key: UUID, kind: str, data: JsonObject) -> None: ...
    def everybody_looks(self) -> None: ...
    def keys(self) -> list[UUID]: ...
    def listens(self, key: UUID) -> bool: ...
    def tick(self) -> None: ...


def _group(key: UUID) -> str:
    return f"ai_cms.chat.{key.hex}"


class LayerLink:
    """Send and receive on the layer ``default``. Its methods return at once, whatever the layer does."""

    def __init__(self, hub: Hall) -> None:
        self._hub = hub
        self._layer = self._make()
        self._channel = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._words: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._waiting: set[UUID] = set()
        self._complained = 0.0
        if self._layer is not None:
            begun = threading.Event()
            threading.Thread(target=self._run, args=(begun,), name="ai-cms-layer", daemon=True).start()
            begun.wait(5)

    @property
    def is_needed(self) -> bool:
        """Whether there is a layer that reaches further than this process."""
        return self._layer is not None

    def send(self, key: UUID, kind: str, data: JsonObject) -> None:
        """Say something to the other processes. Of several hints at the same rows one is enough."""
        if kind == "rows":
            if key in self._waiting:
                return
            self._waiting.add(key)
        body = json.dumps({"from": self._hub.origin, "key": key.hex, "kind": kind, "data": data})

        async def word() -> None:
            self._waiting.discard(key)
            await self._layer.group_send(_group(key), {"type": "ai_cms.chat", "body": body})

        self._say(word)

    def join(self, key: UUID) -> None:
        """Hear what is said of a conversation."""
        self._say(lambda: self._join([key]))

    def leave(self, key: UUID) -> None:
        """Hear it no longer."""

        async def word() -> None:
            if not self._hub.listens(key):
                await self._layer.group_discard(_group(key), self._channel)

        self._say(word)

    # In the thread

    def _make(self) -> Any:
        configs = getattr(settings, "CHANNEL_LAYERS", None) or {}
        if "default" not in configs or configs["default"].get("BACKEND") == IN_MEMORY or not has_channels():
            return None
        from channels.layers import channel_layers

        return channel_layers.make_backend("default")

    def _run(self, begun: threading.Event) -> None:
        asyncio.run(self._work(begun))

    async def _work(self, begun: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._left_alone)
        begun.set()
        await asyncio.gather(self._speak(), self._hear(), self._beat())

    def _left_alone(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what a task of the layer's own ends with, which nobody waits for."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self._complain(error)
        else:
            loop.default_exception_handler(context)

    def _say(self, word: Callable[[], Awaitable[None]]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._queue, word)

    def _queue(self, word: Callable[[], Awaitable[None]]) -> None:
        if self._words.qsize() >= BACKLOG:
            # The oldest go: what is new is what readers want to know.
            self._words.get_nowait()
            self._waiting.clear()
        self._words.put_nowait(word)

    async def _speak(self) -> None:
        while True:
            word = await self._words.get()
            # After a restart of Redis the first command of each connection in the pool fails once.
            for _try in range(2):
                try:
                    await asyncio.wait_for(word(), PATIENCE)
                    break
                except Exception as error:
                    self._complain(error)

    async def _hear(self) -> None:
        failures = 0
        self._channel = await self._layer.new_channel()
        while True:
            try:
                message = await self._layer.receive(self._channel)
                failures = 0
            except TimeoutError:
                # Clients of Redis give up waiting after some seconds; nothing was said meanwhile.
                continue
            except Exception as error:
                if "Timeout" not in type(error).__name__:
                    self._complain(error)
                    await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                    failures += 1
                    # What was said meanwhile is lost, and a new Redis knows no groups.
                    self._say(lambda: self._join(self._hub.keys()))
                    self._hub.everybody_looks()
                continue
            self._take(message)

    def _take(self, message: Any) -> None:
        try:
            told = json.loads(message["body"])
            if told["from"] != self._hub.origin:
                self._hub.deliver(UUID(told["key"]), str(told["kind"]), dict(told["data"]))
        except (KeyError, TypeError, ValueError):
            logger.warning("A message on the channel layer is none of chat's: %.200r", message)

    async def _beat(self) -> None:
        joined = ticked = time.monotonic()
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            if now - ticked >= TICK:
                ticked = now
                self._hub.tick()
            if now - joined >= REJOIN:
                joined = now
                self._say(lambda: self._join(self._hub.keys()))

    async def _join(self, keys: list[UUID]) -> None:
        for key in keys:
            await self._layer.group_add(_group(key), self._channel)

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._complained >= COMPLAIN:
            self._complained = now
            logger.warning("The channel layer does not answer; readers look by themselves meanwhile: %s", error)
