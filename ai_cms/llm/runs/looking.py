"""What there is of runs that streams wait for: asked by one thread for all streams of a process.

Two queries a look, however many wait; and one connection, where a connection a stream would be opened and closed many times a
second. Who writes events in this process wakes the thread (``tell()``); what other processes write it finds by looking.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db import close_old_connections, connections
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from ...core.jsontypes import JsonObject
from ..models import Run, RunEvent
from .events import events_after, listen

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Look", "Place", "Watcher", "look", "watching"]

#: Seconds between two looks after news, and after long silence.
FIRST_PAUSE = 0.03
LONGEST_PAUSE = 0.5
#: The share of its time that the thread spends looking at most.
SHARE = 0.2
#: Events of one run that one look brings.
PAGE = 500
#: Seconds without a watcher after which the thread ends and its connection goes.
IDLE = 1.0
#: Looks in a row that may fail, so many seconds apart, until the streams are told.
FAILURES = 3
RETRY = 1.0

logger = logging.getLogger("ai_cms.llm")

#: A run, and the number of the last event that somebody has of it.
Place = tuple[UUID, int]


class Look(NamedTuple):
    """The next events of a run; ``over``: it has ended, and these are the last."""

    events: list[JsonObject]
    over: bool


def look(places: Sequence[Place]) -> list[Look]:
    """Return what there is after each of ``places``."""
    # First the state, then the events: what was written before the end is then certainly read.
    rows = Run.objects.filter(pk__in={key for key, _ in places}).values_list("pk", "last_seq", "finished_at")
    states = {key: (last, finished is not None) for key, last, finished in rows}
    starts: dict[UUID, int] = {}
    for key, after in places:
        last = states.get(key, (0, True))[0]
        # Who is far behind is read for alone: the others on the same run do not wait for its pages.
        if last - PAGE < after < last:
            starts[key] = min(after, starts.get(key, after))
    events = _events(starts)
    found = []
    for key, after in places:
        last, finished = states.get(key, (0, True))
        if after >= last:
            found.append(Look([], finished))
            continue
        far = after <= last - PAGE
        new = events_after(key, after, PAGE) if far else [one for one in events[key] if one["id"] > after]
        found.append(Look(new, finished and (not new or new[-1]["id"] >= last)))
    return found


def _events(starts: dict[UUID, int]) -> dict[UUID, list[JsonObject]]:
    """Return the events of each run after its number, in order; one query."""
    found: dict[UUID, list[JsonObject]] = defaultdict(list)
    if not starts:
        return found
    key = RunEvent._meta.get_field("run")
    from_database = connections[RunEvent.objects.db]
    each = "(run_id = %s AND seq > %s)"
    values = [
        value
        for run, after in starts.items()
        for value in (key.target_field.get_db_prep_value(run, from_database), after)
    ]
    # Django would make this condition of objects, a millisecond for every ten runs.
    after_each = RawSQL(" OR ".join([each] * len(starts)), values, output_field=BooleanField())  # noqa: S611 -- constants
    rows = RunEvent.objects.filter(after_each).order_by("run_id", "seq").values_list("run_id", "seq", "type", "data")
    for run, seq, type, data in rows:
        found[run].append({"id": seq, "event": type, "data": data})
    return found


@dataclass(eq=False, slots=True)
class Watcher:
    """One stream that waits. It is looked for again once it has taken what it was brought."""

    run_id: UUID
    after: int
    loop: asyncio.AbstractEventLoop
    brought: Look | Exception | None = None
    busy: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self, seconds: float) -> Look | None:
        """Return what has come, or ``None`` after so many seconds. Raises what kept the rows from being read."""
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            return None
        found, self.brought = self.brought, None
        self.woken.clear()
        if isinstance(found, Exception):
            raise found
        if found is not None and found.events:
            self.after = found.events[-1]["id"]
        self.busy = False
        return found

    def bring(self, found: Look | Exception) -> None:
        self.brought = found
        self.woken.set()


class Looker:
    """The thread that looks for all watchers; it ends when there are none."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._watchers: set[Watcher] = set()
        self._thread: threading.Thread | None = None
        self._told = False

    def tell(self) -> None:
        """Have the thread look now."""
        if self._watchers:
            with self._news:
                self._told = True
                self._news.notify()

    @contextmanager
    def watching(self, run_id: UUID, after: int) -> Iterator[Watcher]:
        """Watch a run from the running event loop."""
        watcher = Watcher(run_id, after, asyncio.get_running_loop())
        with self._news:
            self._watchers.add(watcher)
            self._told = True
            self._news.notify()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="ai-cms-events", daemon=True)
                self._thread.start()
        try:
            yield watcher
        finally:
            with self._news:
                self._watchers.discard(watcher)
                if not self._watchers:
                    self._told = True
                    self._news.notify()

    def _work(self) -> None:
        pause, failures, took = FIRST_PAUSE, 0, 0.0
        try:
            while True:
                waiting = self._waiting(pause, took * (1 / SHARE - 1))
                if waiting is None:
                    return
                began = time.monotonic()
                try:
                    close_old_connections()
                    news = self._look(waiting)
                except Exception as error:
                    # Where a database is away for a moment, streams wait for it as they wait for events.
                    connections.close_all()
                    failures, pause, took = failures + 1, RETRY, 0.0
                    if failures >= FAILURES:
                        logger.warning("The events of runs cannot be read.", exc_info=True)
                        _bring([(one, error) for one in waiting])
                    continue
                failures, took = 0, time.monotonic() - began
                pause = FIRST_PAUSE if news else min(pause * 1.5, LONGEST_PAUSE)
        finally:
            connections.close_all()

    def _waiting(self, pause: float, rest: float) -> list[Watcher] | None:
        """Return who waits once it is time for a look; ``None`` when nobody has watched for long."""
        if rest > 0:
            time.sleep(rest)
        with self._news:
            if not self._told:
                self._news.wait(pause)
            if not self._watchers:
                self._told = False
                self._news.wait(IDLE)
                if not self._watchers:
                    self._thread = None
                    return None
            self._told = False
            return [watcher for watcher in self._watchers if not watcher.busy]

    def _look(self, waiting: list[Watcher]) -> bool:
        """Look for all of them; return whether there was anything."""
        if not waiting:
            return False
        found = look([(watcher.run_id, watcher.after) for watcher in waiting])
        news = [(watcher, one) for watcher, one in zip(waiting, found, strict=True) if one.events or one.over]
        _bring(news)
        return bool(news)


def _bring(news: Sequence[tuple[Watcher, Look | Exception]]) -> None:
    """Hand news over to the event loops that the watchers live in; each is woken once."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Watcher, Look | Exception]]] = defaultdict(list)
    for watcher, found in news:
        watcher.busy = True
        loops[watcher.loop].append((watcher, found))
    for loop, its in loops.items():
        try:
            loop.call_soon_threadsafe(_deliver, its)
        except RuntimeError:
            # The loop has been closed, and its streams with it.
            logger.debug("An event loop was closed before its streams were.")


def _deliver(news: list[tuple[Watcher, Look | Exception]]) -> None:
    for watcher, found in news:
        watcher.bring(found)


_looker = Looker()


def watching(run_id: UUID, after: int) -> AbstractContextManager[Watcher]:
    """Watch a run from the running event loop: ``with watching(key, 0) as watcher: await watcher.next(15)``."""
    return _looker.watching(run_id, after)


def _tell() -> None:
    _looker.tell()


listen(_tell)


def _begin_anew() -> None:
    """Begin anew in a forked process, which has none of its parent's threads."""
    global _looker
    _looker = Looker()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
