"""Server-sent events from bytes that arrive in any pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["EventParser"]

_LINE_END = re.compile(rb"\r\n|[\r\n]")


class EventParser:
    """Collect bytes and give back the data of each complete event; comments and other fields are passed over."""

    def __init__(self) -> None:
        self._pending = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take ``chunk``; yield the data of the events it completes."""
        pending = self._pending + chunk if self._pending else chunk
        start = 0
        # What was pending holds no line end, save perhaps for a carriage return as its last byte.
        for end in _LINE_END.finditer(pending, max(len(self._pending) - 1, 0)):
            if end.group() == b"\r" and end.end() == len(pending):
                # The other half of this line end may be on its way.
                break
            event = self._line(pending[start : end.start()])
            start = end.end()
            if event is not None:
                yield event
        self._pending = pending[start:]

    def finish(self) -> Iterator[bytes]:
        """Yield the data of an event that the end of the stream left open."""
        if self._pending:
            event = self._line(self._pending.rstrip(b"\r"))
            self._pending = b""
            if event is not None:
                yield event
        if self._data:
            yield self._dispatch()

    def _line(self, line: bytes) -> bytes | None:
        if not line:
            return self._dispatch() if self._data else None
        if line.startswith(b"data"):
            field, _, value = line.partition(b":")
            if field == b"data":
                self._data.append(value.removeprefix(b" "))
        return None

    def _dispatch(self) -> bytes:
        data = b"\n".join(self._data)
        self._data = []
        return data
