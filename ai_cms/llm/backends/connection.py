"""One HTTP exchange with a provider under our own deadlines, caps and cancellation.

The client library limits the silence between two reads and nothing else: a server that sends a comment every second
holds a call for ever. Here a watchdog thread, one a process, shuts the call's socket down when a deadline passes, and
so does whoever cancels; the thread that is blocked in a read wakes at once.
"""

from __future__ import annotations

import heapq
import itertools
import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ai_cms.llm.messages import CancelToken, Deadlines

__all__ = ["Exchange", "ProviderStatus", "TooManyBytes", "UnreadableEncoding", "current_exchange"]

#: Bytes of an error's body that are read; what a provider says about an error is short.
_ERROR_BODY = 65_536


class ProviderStatus(Exception):
    """The provider answered with another status than 2xx."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        super().__init__(f"HTTP {status}")


class TooManyBytes(Exception):
    """The answer is over the byte cap."""


class UnreadableEncoding(Exception):
    """The body is compressed in a way that was not asked for, or damaged."""


class _Watchdog:
    """Call ``expire()`` of exchanges whose time is up."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, Exchange]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def watch(self, exchange: Exchange) -> None:
        with self._condition:
            exchange.watched = exchange.due
            heapq.heappush(self._heap, (exchange.due, next(self._numbers), exchange))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ai-cms-llm-watchdog", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._heap:
                    self._condition.wait()
                due, _, exchange = self._heap[0]
                now = time.monotonic()
                if exchange.closed:
                    heapq.heappop(self._heap)
                    continue
                if due > now:
                    # Woken early when something nearer is pushed; a second at most keeps closed exchanges from piling
                    # up.
                    self._condition.wait(min(due - now, 1.0))
                    continue
                heapq.heappop(self._heap)
                if exchange.due > now:
                    exchange.watched = exchange.due
                    heapq.heappush(self._heap, (exchange.due, next(self._numbers), exchange))
                    continue
            exchange.expire()


_watchdog = _Watchdog()
# A forked child has none of its parent's threads and must not inherit a held lock.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_watchdog._reset)

current_exchange: ContextVar[Exchange | None] = ContextVar("ai_cms_llm_exchange", default=None)


class Exchange:
    """Watch one call from before the connection until the last byte; use it in a ``with`` block.

    ``reason`` is set when it was stopped: "cancelled" or the phase whose deadline passed ("connect", "first_byte",
    "gap", "total"). ``received``: bytes of the body so far, decompressed.
    """

    def __init__(self, deadlines: Deadlines, cancel: CancelToken, max_bytes: int, *, whole: bool = False) -> None:
        self.deadlines = deadlines
        self.max_bytes = max_bytes
        self.received = 0
        self.reason: str | None = None
        self.closed = False
        self.phase = "connect"
        self.headers: Mapping[str, str] = {}
        self.started = time.monotonic()
        self.ends = self.started + deadlines.total
        # An answer that comes in one piece has no first byte before its last.
        self.due = self.ends if whole else min(self.started + deadlines.first_byte, self.ends)
        self.watched = self.due
        self.whole = whole
        self._cancel = cancel
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None

    def __enter__(self) -> Exchange:
        self._forget = self._cancel.on_cancel(self.cancel)
        _watchdog.watch(self)
        return self

    def __exit__(self, *error: object) -> None:
        self.closed = True
        self._forget()
        with self._lock:
            handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def cancel(self) -> None:
        self._stop("cancelled")

    def expire(self) -> None:
        self._stop("total" if time.monotonic() >= self.ends else self.phase)

    def hand_over(self) -> None:
        """Note that a piece goes to the caller: the time it takes there is not the provider's silence."""
        self.due = self.ends

    def progress(self) -> None:
        """Note that a piece of content came: from now on the gap counts."""
        if self.whole:
            return
        self.phase = "gap"
        self.due = min(time.monotonic() + self.deadlines.gap, self.ends)
        # The watchdog looks again at the latest it was told; tell it only what is nearer.
        if self.due < self.watched:
            _watchdog.watch(self)

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take the connection from the HTTP library's trace events, so that another thread can shut it down."""
        if not event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete")):
            return
        found = info["return_value"].get_extra_info("socket")
        with self._lock:
            # A handle of our own on the connection: TLS takes the first one away for its handshake, which may hang too.
            self._handle = found.dup()
            self.phase = "first_byte"
            stopped = self.reason is not None
        if stopped:
            self._shut_down()

    @contextmanager
    def opened(self, manager: Any) -> Iterator[Any]:
        """Enter ``manager``, which sends the request, and yield its response; the connection is closed afterwards."""
        if self.reason is not None:
            raise ConnectionAbortedError("stopped before it started")
        token = current_exchange.set(self)
        try:
            response = manager.__enter__()
        finally:
            current_exchange.reset(token)
        try:
            yield response
        finally:
            manager.__exit__(None, None, None)

    def body(self, response: Any) -> Iterator[bytes]:
        """Yield the response's body, decompressed, never more than ``max_bytes``."""
        self.headers = response.headers
        decode = _decoder(response.headers.get("content-encoding", ""))
        for raw in response.iter_raw():
            for chunk in decode(raw, self.max_bytes - self.received + 1):
                self.received += len(chunk)
                if self.received > self.max_bytes:
                    raise TooManyBytes(f"more than {self.max_bytes} bytes")
                yield chunk

    def _stop(self, reason: str) -> None:
        with self._lock:
            if self.closed or self.reason is not None:
                return
            self.reason = reason
        self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            if self._handle is None:
                return
            try:
                self._handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                # Already closed by the other side, which is what was wanted.
                return


def _decoder(encoding: str) -> Callable[[bytes, int], Iterable[bytes]]:
    """Return a function (bytes, most bytes wanted) → chunks that undoes ``encoding`` without ever making more at
    once.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return lambda raw, room: (raw,)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise UnreadableEncoding(f"Content-Encoding {encoding!r}")
    machine = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def inflate(raw: bytes, room: int) -> Iterator[bytes]:
        while raw:
            try:
                chunk = machine.decompress(raw, min(65_536, max(room, 1)))
            except zlib.error as error:
                raise UnreadableEncoding(str(error)) from None
            raw = machine.unconsumed_tail
            room -= len(chunk)
            if not chunk:
                return
            yield chunk

    return inflate


def on_request(request: Any) -> None:
    """HTTP client hook: have the connection reported to the exchange that sends this request."""
    exchange = current_exchange.get()
    if exchange is not None:
        request.extensions["trace"] = exchange.trace


def on_response(response: Any) -> None:
    """HTTP client hook: raise ProviderStatus for everything but 2xx, with no more of the body than is useful."""
    if 200 <= response.status_code < 300:
        return
    body = bytearray()
    decode = _decoder(response.headers.get("content-encoding", ""))
    for raw in response.iter_raw():
        for chunk in decode(raw, _ERROR_BODY):
            body += chunk
            if len(body) >= _ERROR_BODY:
                break
        if len(body) >= _ERROR_BODY:
            break
    raise ProviderStatus(response.status_code, response.headers, bytes(body[:_ERROR_BODY]))
