"""What a client of a protocol is sent, numbered: cut anywhere and taken up again, it is the same stream.

A position is the id of the last frame that somebody has:

=========  =====================================================================
``12``     all of event 12
``12.3``   three of the frames that event 12 comes to
``12.end`` the end of the stream at event 12, where the run waits for a person
``12.on``  the beginning of the stream that goes on after that
=========  =====================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput

from ...core.jsontypes import JsonMapping, JsonObject
from .acts import Act, StreamBegan
from .order import Order

__all__ = ["Frame", "Frames", "Position", "StreamProtocol", "sse"]

_WHOLE, _END, _ON = 10**6, 10**6 + 1, 10**6 + 2
_NAMES = {_END: ".end", _ON: ".on"}
_POSITION = re.compile(r"([0-9]{1,9})(?:\.(?:([0-9]{1,5})|(end)|(on)))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How much of a stream somebody has. ``rank``: how many frames of the event."""

    event: int = 0
    rank: int = _WHOLE

    START: ClassVar[Position]

    @classmethod
    def read(cls, text: str) -> Position:
        """Return the position of a ``Last-Event-ID`` or of ``?after=``. Raises InvalidInput."""
        found = _POSITION.fullmatch(text.strip())
        if found is None:
            raise InvalidInput(errors={"after": [_("The id of an event is needed, as 12 or 12.3.")]})
        event, rank, end, on = found.groups()
        return cls(int(event), _END if end else _ON if on else int(rank) if rank else _WHOLE)

    @classmethod
    def of_pause(cls, event: int) -> Position:
        """Return the position of a client that was told that the run waits since ``event``."""
        return cls(event, _END)

    def __str__(self) -> str:
        return str(self.event) + ("" if self.rank == _WHOLE else _NAMES.get(self.rank, f".{self.rank}"))


Position.START = Position()


@dataclass(frozen=True, slots=True)
class Frame:
    """One part as a client gets it. ``id`` is empty on what belongs to no place of the stream."""

    id: str
    part: JsonObject


class StreamProtocol(Protocol):
    """What a module for a protocol gives. ``closing``: what is sent after the last frame of a stream."""

    headers: ClassVar[Mapping[str, str]]
    closing: ClassVar[bytes]

    def parts(self, act: Act) -> list[JsonObject]:
        """Return what a client is told of an act, the same each time."""


class Frames:
    """Make the frames of one run, whose events are fed from the first on, for somebody who has those up to ``after``.

    ``message``: the id of the answer. ``over``: nothing more follows on this stream.
    """

    def __init__(self, protocol: StreamProtocol, message: str, after: Position = Position.START) -> None:
        self.over = False
        self.position = after
        self._protocol = protocol
        self._order = Order(message)
        self._last = 0

    def feed(self, events: Iterable[JsonMapping]) -> list[Frame]:
        """Return the frames of the next events."""
        return [frame for event in events for frame in self._event(event)]

    def rest(self) -> list[Frame]:
        """Return what there is to send where no further event has been written: the end, if the run waits for a person.

        Whoever has been told so already waits with it.
        """
        if self.over or not self._order.waiting:
            return []
        frames = self._sent(Position.of_pause(self._last), self._protocol.parts(self._order.pause()))
        self.over = bool(frames)
        return frames

    def remind(self) -> list[Frame]:
        """Return a whole stream that says again what the run waits for; nothing if it waits for nobody.

        For a client that asks for a run while another one waits, and has not answered.
        """
        if self.over or not self._order.waiting:
            return []
        self.over = True
        acts: list[Act] = [StreamBegan(self._order.message), self._order.pause()]
        return [Frame("", part) for act in acts for part in self._protocol.parts(act)]

    def break_off(self, detail: str, code: str) -> list[Frame]:
        """Return the end of a stream that ends before its run has said how it ended; ``detail``: a sentence for people."""
        if self.over:
            return []
        self.over = True
        return [Frame("", part) for act in self._order.lose(detail, code) for part in self._protocol.parts(act)]

    def _event(self, event: JsonMapping) -> list[Frame]:
        acts = self._order.feed(event)
        frames: list[Frame] = []
        if acts and isinstance(acts[0], StreamBegan) and acts[0].again:
            pause = Position.of_pause(self._last)
            if self.position == pause:
                frames += self._sent(Position(self._last, _ON), self._protocol.parts(acts[0]))
            acts = acts[1:]
        self._last = int(event["id"])
        parts = [part for act in acts for part in self._protocol.parts(act)]
        for number, part in enumerate(parts, 1):
            frames += self._sent(Position(self._last, _WHOLE if number == len(parts) else number), [part])
        self.over = self.over or self._order.ended
        return frames

    def _sent(self, position: Position, parts: list[JsonObject]) -> list[Frame]:
        if position <= self.position or not parts:
            return []
        self.position = position
        return [Frame(str(position), part) for part in parts]


def sse(frame: Frame) -> bytes:
    """Return a frame as a Server-Sent Event. Lines end in LF alone: a carriage return breaks clients of AG-UI."""
    data = json.dumps(frame.part, ensure_ascii=False, separators=(",", ":"))
    name = f"id: {frame.id}\n" if frame.id else ""
    return f"{name}data: {data}\n\n".encode("utf-8", "replace")
