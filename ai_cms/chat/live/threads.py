"""The threads in which sockets read rows: a few for all of them, not the one that Django's synchronous views share."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import connections

__all__ = ["in_thread", "rest_all"]

P = ParamSpec("P")
T = TypeVar("T")

#: Connections of the database that all sockets of a process have together at most.
THREADS = 4
#: Seconds without work after which a thread gives its connection back.
IDLE = 1.0


class Lane:
    """One thread. The first that is free is taken, so that with little to do there is one connection at most."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pending = 0
        self.used_at = 0.0
        self.executor = ThreadPoolExecutor(1, thread_name_prefix=f"ai-cms-live-{number}")
        self._timer: threading.Timer | None = None

    def done(self) -> None:
        """Note the end of a piece of work; some time after the last one the connection goes."""
        self.pending -= 1
        self.used_at = time.monotonic()
        if self._timer is None:
            self._later(IDLE)

    def rest(self) -> None:
        """Give the connection back."""
        # Of this thread's work, so that none is cut off in it.
        self.executor.submit(connections.close_all)

    def _later(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        left = self.used_at + IDLE - time.monotonic()
        if self.pending or left > 0:
            self._later(max(left, 0.1))
            return
        self._timer = None
        self.rest()


_lock = threading.Lock()
_lanes: list[Lane] = []


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``work`` returns, which reads from the database."""
    with _lock:
        if not _lanes:
            _lanes.extend(map(Lane, range(THREADS)))
        lane = min(_lanes, key=lambda one: one.pending)
        lane.pending += 1
    try:
        found: Any = await database_sync_to_async(work, thread_sensitive=False, executor=lane.executor)(*args, **kwargs)
    finally:
        with _lock:
            lane.done()
    return found  # type: ignore[no-any-return]


def rest_all() -> None:
    """Give all connections back and wait for it: for tests, whose database is about to go."""
    for lane in _lanes:
        lane.executor.submit(connections.close_all).result(10)


def _begin_anew() -> None:
    """Begin anew in a forked process, which has none of its parent's threads."""
    global _lock
    _lock = threading.Lock()
    _lanes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
