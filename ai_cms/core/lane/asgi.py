"""The lane in front of an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http.client import responses
from typing import Any

from asgiref.sync import sync_to_async

from .slots import SLOT, Slot
from .traffic import Ask, FastLane, get_lane

__all__ = ["FastLaneASGI", "asgi_application"]

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[Any]]
_Send = Callable[[Any], Awaitable[None]]
_Application = Callable[[Any, Any, Any], Awaitable[Any]]

#: Waits for the database in place of the event loop.
_reading = ThreadPoolExecutor(1, thread_name_prefix="ai_cms-lane")


def asgi_application(application: _Application) -> _Application:
    """Return ``application``, Django's, behind the fast lane: the last line of a project's ``asgi.py``."""
    return FastLaneASGI(application)


class FastLaneASGI:
    """Answer from memory what is kept and good; hand on everything else, and keep what may be kept of it."""

    def __init__(self, application: _Application) -> None:
        self.application = application

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        lane = get_lane() if scope["type"] == "http" else None
        if lane is None or lane.place != "front":
            await self.application(scope, receive, send)
            return
        ask = lane.ask(_environ(scope), scope.get("scheme") or "http")
        scope = {**scope, SLOT: None}
        found = None if ask is None else await _find(lane, ask)
        if found is not None:
            await _respond(send, *found)
            return
        if ask is None or ask.generation is None:
            await self.application(scope, receive, send)
            return
        slot = scope[SLOT] = Slot()
        answer = _Heard(send, slot)
        await self.application(scope, receive, answer)
        if answer.whole:
            # It may ask the database when the next page expires; in the thread that Django's own questions are asked in.
            await sync_to_async(lane.fill)(ask, slot, answer.status, answer.headers, b"".join(answer.parts))


async def _find(lane: FastLane, ask: Ask) -> tuple[str, list[tuple[str, str]], bytes] | None:
    if not lane.changes.blocking:
        return lane.find(ask)
    return await asyncio.get_running_loop().run_in_executor(_reading, lane.find, ask)


async def _respond(send: _Send, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": raw})
    await send({"type": "http.response.body", "body": body})


class _Heard:
    """Hand on an answer and remember it, as long as its view says that it may be kept."""

    def __init__(self, send: _Send, slot: Slot) -> None:
        self.send = send
        self.slot = slot
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.parts: list[bytes] = []
        self.whole = False

    async def __call__(self, message: Any) -> None:
        if self.slot.kind:
            self.hear(message)
        await self.send(message)

    def hear(self, message: Any) -> None:
        """Remember one message of the answer."""
        if message["type"] == "http.response.start":
            code = int(message["status"])
            self.status = f"{code} {responses.get(code, 'Unknown')}"
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())
            ]
        elif message["type"] == "http.response.body" and self.status:
            self.parts.append(bytes(message.get("body", b"")))
            self.whole = not message.get("more_body", False)


def _environ(scope: _Scope) -> dict[str, Any]:
    """Return what a key is made of, named as in WSGI."""
    server = scope.get("server") or ("", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": scope["path"],
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        # Named twice: as Django reads it, with what parts cookies for these.
        environ[key] = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in environ else text
    return environ
