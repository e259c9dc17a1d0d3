"""The events of a run as a stream: SSE or NDJSON, under ASGI and under WSGI, resumable by the number of the event.

Nothing is generated here. The stream reads rows that the run's worker writes, so it may be cut and taken up again
anywhere, by as many clients as like.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from ...core.jsontypes import JsonObject
from ..conf import run_settings
from ..models import Run
from ..seats import leave_seat, take_seat
from .looking import FIRST_PAUSE, LONGEST_PAUSE, PAGE, Look, look, watching

__all__ = ["Tail", "ndjson_line", "run_stream", "sse_event", "tail_stream"]

#: Milliseconds after which a client that lost the stream comes back.
RETRY_MS = 1000


def sse_event(event: JsonObject) -> bytes:
    """Return an event as Server-Sent Events write it; ``data`` is one line of JSON."""
    data = json.dumps(event["data"], ensure_ascii=False, separators=(",", ":"))
    return f"id: {event['id']}\nevent: {event['event']}\ndata: {data}\n\n".encode("utf-8", "replace")


def ndjson_line(event: JsonObject) -> bytes:
    """Return an event as one line of JSON."""
    return (json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "replace")


class Tail:
    """Read the events of a run step by step, after the number ``after``.

    Another way of writing them overrides written(), resting(), farewell() and parting().
    """

    def __init__(self, run_id: UUID, after: int, *, ndjson: bool) -> None:
        self.run_id = run_id
        self.after = after
        self.finished = False
        self._write: Callable[[JsonObject], bytes] = ndjson_line if ndjson else sse_event
        self._ping = b'{"event":"ping"}\n' if ndjson else b": ping\n\n"
        self._quiet_since = self._began = time.monotonic()
        self._pause = FIRST_PAUSE
        self.opening = b"" if ndjson else f"retry: {RETRY_MS}\n\n".encode()

    def step(self) -> bytes:
        """Look, and return what there is to send, perhaps nothing; sets ``finished`` after the last event."""
        (found,) = look([(self.run_id, self.after)])
        piece = self.taken(found) or self.alive()
        self._pause = FIRST_PAUSE if found.events else min(self._pause * 1.5, LONGEST_PAUSE)
        return piece

    def taken(self, found: Look) -> bytes:
        """Return what there is to send of what a look has found; sets ``finished`` after the last event."""
        piece = b""
        if found.events:
            self.after = found.events[-1]["id"]
            piece = self.written(found.events)
        if found.over and not self.finished:
            self.finished = True
            piece += self.farewell()
        elif not self.finished and len(found.events) < PAGE:
            piece += self.resting()
        if piece:
            self._quiet_since = time.monotonic()
        return piece

    def alive(self) -> bytes:
        """Return a sign of life once nothing has been sent for ``RUN_PING_SECONDS``."""
        if self.quiet_left() > 0:
            return b""
        self._quiet_since = time.monotonic()
        return self._ping

    def quiet_left(self) -> float:
        """Return the seconds until a sign of life is due."""
        return self._quiet_since + run_settings.RUN_PING_SECONDS - time.monotonic()

    def written(self, events: list[JsonObject]) -> bytes:
        """Return what is sent of the next events."""
        return b"".join(map(self._write, events))

    def resting(self) -> bytes:
        """Return what is sent where no further event has been written for now."""
        return b""

    def farewell(self) -> bytes:
        """Return what is sent after the last event of a run that is over."""
        return b""

    def parting(self) -> bytes:
        """Return what is sent where the stream is closed and the run goes on."""
        return b""

    @property
    def pause(self) -> float:
        return self._pause

    def time_left(self) -> float:
        """Return the seconds until the client should come back on a new connection."""
        return self._began + run_settings.RUN_STREAM_SECONDS - time.monotonic()


def run_stream(request: HttpRequest, run: Run, *, after: int, ndjson: bool = False) -> HttpResponseBase:
    """Return the streamed answer with the events of ``run`` after number ``after``."""
    content_type = "application/x-ndjson" if ndjson else "text/event-stream; charset=utf-8"
    return tail_stream(request, Tail(run.pk, after, ndjson=ndjson), content_type)


def tail_stream(request: HttpRequest, tail: Tail, content_type: str) -> HttpResponseBase:
    """Return the streamed answer with what ``tail`` reads."""
    body: Any = _async_body(tail) if isinstance(request, ASGIRequest) else SyncBody(tail)
    response = StreamingHttpResponse(body, content_type=content_type)
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    # GZipMiddleware leaves what is encoded already alone; compressing would hold events back.
    response["Content-Encoding"] = "identity"
    return response


def _give_back() -> None:
    """Close the connections of the request, which would else be held, idle, for as long as its stream lasts."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


async def _async_body(tail: Tail) -> AsyncIterator[bytes]:
    # In the thread of the view, which has opened them; Django closes them when the response has been sent.
    await sync_to_async(_give_back)()
    yield tail.opening
    with watching(tail.run_id, tail.after) as watcher:
        while (left := tail.time_left()) > 0:
            found = await watcher.next(max(min(left, tail.quiet_left()), 0.0))
            piece = tail.taken(found) if found else tail.alive()
            if piece:
                yield piece
            if tail.finished:
                return
    if parting := tail.parting():
        yield parting


class SyncBody:
    """Hold a worker thread while the run goes on, if few enough do; else give what there is and end.

    An object and not a generator: it is closed also where nobody has read of it, and then leaves its seat all the same.
    """

    def __init__(self, tail: Tail) -> None:
        self._patient = self._seated = take_seat()
        self._pieces = self._read(tail)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Leave the seat; calling it again does nothing."""
        self._pieces.close()
        seated, self._seated = self._seated, False
        if seated:
            leave_seat()

    def _read(self, tail: Tail) -> Generator[bytes, None, None]:
        yield tail.opening
        while tail.time_left() > 0:
            piece = tail.step()
            if piece:
                yield piece
            if tail.finished:
                return
            if not piece and not self._patient:
                break
            if not piece:
                time.sleep(tail.pause)
        if parting := tail.parting():
            yield parting
