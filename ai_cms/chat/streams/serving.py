"""A run in a protocol over HTTP: as Server-Sent Events, or as JSON for those who ask again and again.

Read from the run's rows, as its own stream is: by as many clients as like, from any place on.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.llm.models import Run
from ai_cms.llm.runs.events import events_after
from ai_cms.llm.runs.streaming import Tail, tail_stream
from ai_cms.llm.seats import RETRY_SECONDS, AllSeatsTaken, has_free_seat

from ...core.jsontypes import JsonObject
from .ag_ui import AgUi
from .ai_sdk import AiSdk
from .frames import Frame, Frames, Position, StreamProtocol, sse

__all__ = ["FrameTail", "frame_page", "frame_stream", "protocol_of", "reminder"]

PAGE = 500
CONTENT_TYPE = "text/event-stream; charset=utf-8"


def protocol_of(name: str, *, run_id: UUID, thread: str, run: str = "") -> StreamProtocol:
    """Return the protocol that ``?protocol=`` names. Raises InvalidInput.

    ``thread``: the conversation's id; ``run``: the id that the client has for the run, by default the run's own.
    """
    if name == "ai-sdk":
        return AiSdk({"run": str(run_id)})
    if name == "ag-ui":
        return AgUi(thread, run or str(run_id))
    raise InvalidInput(errors={"protocol": [_("There is ai-sdk and ag-ui; without, it is the site's own.")]})


def frame_stream(
    request: HttpRequest, run_id: UUID, protocol: StreamProtocol, *, message: str, after: Position = Position.START
) -> HttpResponseBase:
    """Return the streamed answer. ``message``: the id of the answer that the run writes. Raises AllSeatsTaken."""
    # A client of these protocols does not come back by itself: better refused than cut off.
    if not has_free_seat(request):
        raise AllSeatsTaken(retry_after=RETRY_SECONDS)
    tail = FrameTail(run_id, protocol, message=message, after=after)
    response = tail_stream(request, tail, CONTENT_TYPE)
    for name, value in protocol.headers.items():
        response[name] = value
    return response


def frame_page(run_id: UUID, protocol: StreamProtocol, *, message: str, after: Position = Position.START) -> JsonObject:
    """Return the frames after a position as JSON: ``{"frames": [{"id", "part"}], "after", "over"}``.

    The next page is asked for with ``after``; no more come once ``over`` is true.
    """
    over = _is_over(run_id)
    frames = Frames(protocol, message, after)
    found = _feed_all(frames, run_id)
    found += frames.break_off(*_lost()) if over else frames.rest()
    return {
        "frames": [{"id": frame.id, "part": frame.part} for frame in found],
        "after": str(frames.position),
        "over": frames.over,
    }


def reminder(run_id: UUID, protocol: StreamProtocol, *, message: str) -> HttpResponseBase | None:
    """Return a stream that says again what a waiting run waits for; ``None`` if it waits for nobody."""
    frames = Frames(protocol, message)
    _feed_all(frames, run_id)
    found = frames.remind()
    if not found:
        return None
    body = b"".join(map(sse, found)) + protocol.closing
    headers = {**protocol.headers, "Cache-Control": "no-cache, no-transform"}
    return HttpResponse(body, content_type=CONTENT_TYPE, headers=headers)


def _feed_all(frames: Frames, run_id: UUID) -> list[Frame]:
    """Feed what has been written so far, and return what somebody gets of it."""
    found: list[Frame] = []
    number = 0
    while events := events_after(run_id, number, PAGE):
        number = events[-1]["id"]
        found += frames.feed(events)
    return found


class FrameTail(Tail):
    """Read the events of a run from the first on, and write what a client of ``protocol`` has not got yet."""

    def __init__(self, run_id: UUID, protocol: StreamProtocol, *, message: str, after: Position) -> None:
        super().__init__(run_id, 0, ndjson=False)
        self._frames = Frames(protocol, message, after)
        self._closing = protocol.closing

    def written(self, events: list[JsonObject]) -> bytes:
        return self._sent(self._frames.feed(events))

    def resting(self) -> bytes:
        return self._sent(self._frames.rest())

    def farewell(self) -> bytes:
        return self._sent(self._frames.break_off(*_lost()))

    def parting(self) -> bytes:
        detail = _("The connection was closed. The answer goes on: load the conversation again.")
        return self._sent(self._frames.break_off(detail, "stream_closed"))

    def _sent(self, frames: list[Frame]) -> bytes:
        closing = b""
        if self._frames.over:
            # Whoever has the last part needs no second look at the run.
            self.finished = True
            closing, self._closing = self._closing, b""
        return b"".join(map(sse, frames)) + closing


def _is_over(run_id: UUID) -> bool:
    return not Run.objects.filter(pk=run_id, finished_at__isnull=True).exists()


def _lost() -> tuple[str, str]:
    return _("The answer was interrupted."), "ai_interrupted"
