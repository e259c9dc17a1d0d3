"""A client of our WebSockets for tests: Channels' own communicator, with what a browser sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connections

from ai_cms.chat.live.routing import websocket_application
from ai_cms.chat.services import send_message
from ai_cms.core.tokens import create_token

__all__ = ["Socket", "connected", "in_thread", "path_of", "played", "say", "token_of"]

#: Seconds in which something has to come.
SOON = 10.0


class Socket:
    """A socket that is open. What has come is kept in ``frames``."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator
        self.frames: list[dict[str, Any]] = []

    async def say(self, **message: Any) -> None:
        await self.communicator.send_json_to(message)

    async def next(self, type: str, *, timeout: float = SOON, **values: Any) -> dict[str, Any]:
        """Return the next frame of a type, with these values; others are kept as well."""
        async with asyncio.timeout(timeout):
            while True:
                frame = await self.frame(timeout=timeout)
                if frame["type"] == type and all(frame.get(name) == value for name, value in values.items()):
                    return frame

    async def frame(self, *, timeout: float = SOON) -> dict[str, Any]:
        output = await self.communicator.receive_output(timeout)
        if output["type"] == "websocket.close":
            raise AssertionError(f"closed with {output.get('code')}")
        frame: dict[str, Any] = json.loads(output["text"])
        self.frames.append(frame)
        return frame

    async def closed(self, *, timeout: float = SOON) -> int:
        """Return the code with which the socket is closed; frames until then are kept."""
        async with asyncio.timeout(timeout):
            while True:
                output = await self.communicator.receive_output(timeout)
                if output["type"] == "websocket.close":
                    return int(output["code"])
                self.frames.append(json.loads(output["text"]))

    async def quiet(self, seconds: float) -> list[dict[str, Any]]:
        """Return what comes in so many seconds."""
        found: list[dict[str, Any]] = []
        with_end = asyncio.get_running_loop().time() + seconds
        while (left := with_end - asyncio.get_running_loop().time()) > 0:
            if self.communicator.output_queue.qsize():
                found.append(await self.frame())
            else:
                await asyncio.sleep(min(0.02, left))
        return found


@asynccontextmanager
async def connected(path: str, *, headers: dict[str, str] | None = None, **greeting: Any) -> Any:
    """Open a socket at ``path`` and say ``greeting`` as the first message, if there is one."""
    given = [(name.encode(), value.encode()) for name, value in {"host": "testserver", **(headers or {})}.items()]
    communicator = WebsocketCommunicator(websocket_application(), path, headers=given)
    accepted, _protocol = await communicator.connect(timeout=SOON)
    assert accepted
    socket = Socket(communicator)
    if greeting:
        await socket.say(type="auth", **greeting)
    try:
        yield socket
    finally:
        await communicator.disconnect(timeout=SOON)


async def in_thread(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Do what needs the database, and give the connection back: the thread that asgiref keeps lives as long as the process."""

    def done() -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await sync_to_async(done)()


def played(scene: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine to its end."""
    return asyncio.run(scene())  # type: ignore[arg-type]


def token_of(user: Any, *scopes: str) -> str:
    return create_token(user, scopes=scopes or ("read", "write"))[1]


def path_of(conversation: Any) -> str:
    return f"/ws/{'rooms' if conversation.is_room else 'conversations'}/{conversation.pk}/"


def say(room: Any, text: str, user: Any) -> Any:
    return send_message(room, text, actor=user).message
