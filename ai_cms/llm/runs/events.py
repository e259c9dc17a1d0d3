"""The events of a run: written by the worker that holds it, read by whoever watches."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from ...core.jsontypes import JsonObject
from ..conf import run_settings
from ..models import Run, RunEvent, RunStatus
from ..redaction import storable
from ..workers import lease

__all__ = [
    "EventWriter",
    "RunLost",
    "RunPaused",
    "TextQueue",
    "append_event",
    "append_events",
    "events_after",
    "listen",
    "tell",
]

ACTIVE = (RunStatus.RUNNING, RunStatus.CANCELLING)
#: What is raised while a database is busy or away.
OUTAGE = (OperationalError, InterfaceError)
#: Seconds after which text is shown again that could not be.
RETRY_SECONDS = 1.0

logger = logging.getLogger("ai_cms.llm")


class RunLost(Exception):
    """The run belongs to somebody else by now, or is over; its worker stops and writes nothing more."""


class RunPaused(Exception):
    """Raised by a handler whose run waits for a person: its worker is free until resume_run(), or ``until``."""

    def __init__(self, until: datetime) -> None:
        self.until = until


class TextQueue(Protocol):
    """What writes the text of many writers; see flushing.py."""

    def add(self, writer: EventWriter) -> bool:
        """Have the text of ``writer`` written soon; return whether that can be."""


class EventWriter:
    """Write the events of one attempt at a run; pieces of text are gathered into one event for ~80 ms.

    Every write names the attempt, so that a worker that was given up cannot write into its successor's run. Safe for
    use by the worker and by the thread that writes the text of all runs of the process (``queue``); without it, the
    worker writes its text itself.
    """

    def __init__(self, run: Run) -> None:
        self.run_id = run.pk
        self.attempt = run.attempt
        self.queue: TextQueue | None = None
        #: When the oldest piece came, by time.monotonic().
        self.since = 0.0
        self._lock = threading.RLock()
        self._landed = threading.Condition(self._lock)
        self._pieces: list[str] = []
        #: What the queue is writing at this moment.
        self._flying: list[str] = []
        self._lost = False
        #: Whether the run waits for a person by now.
        self.paused = False

    @property
    def has_text(self) -> bool:
        """Whether there is text that waits to be written."""
        return bool(self._pieces) and not self._lost

    def text(self, piece: str) -> None:
        """Add a piece of the answer's text. Raises RunLost."""
        if not piece:
            return
        with self._lock:
            if self._lost:
                raise RunLost
            first = not self._pieces
            if first:
                self.since = time.monotonic()
            self._pieces.append(piece)
            # In a transaction of the handler's its row may be locked, for everybody else.
            if self.queue is not None and not connection.in_atomic_block:
                if not first or self.queue.add(self):
                    return
                self.queue = None
            try:
                self.flush_if_due()
            except OUTAGE:
                if connection.in_atomic_block:
                    raise
                # The text is kept, and shown when the database is back; no answer is broken off for it.
                logger.warning("The text of the run %s cannot be shown yet.", self.run_id, exc_info=True)
                connection.close()
                self.since = time.monotonic() + RETRY_SECONDS

    def take(self) -> str | None:
        """Return the text so far to whoever writes it for many, and then calls settle(); ``None`` if there is none now.

        Never waits: the worker may be writing, and wait long for the database.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            if self._flying or not self.has_text:
                return None
            self._flying, self._pieces = self._pieces, []
            return storable("".join(self._flying))
        finally:
            self._lock.release()

    def settle(self, *, written: bool, lost: bool) -> None:
        """Note what became of the text that was taken."""
        with self._lock:
            if not written:
                self._pieces = self._flying + self._pieces
            self._lost = self._lost or lost
            self._flying = []
            self._landed.notify_all()

    def emit(self, type: str, data: JsonObject) -> int:
        """Write an event after all text so far; return its number. Raises RunLost."""
        with self._lock:
            return self._write([(type, data)])

    def flush(self) -> None:
        """Write the text gathered so far. Raises RunLost."""
        with self._lock:
            if self._pieces:
                self._write([])

    def flush_if_due(self) -> None:
        """Write the text gathered so far if it is old enough. Raises RunLost."""
        with self._lock:
            if self._pieces and (time.monotonic() - self.since) * 1000 >= run_settings.RUN_FLUSH_MS:
                self.flush()

    def finish(self, status: str, type: str, data: JsonObject, **fields: object) -> bool:
        """Write the last event and the end of the run together; return whether the run was still this attempt's."""
        with self._lock:
            for pause in (0.2, 1.0, 5.0, None):
                try:
                    self._write([(type, data)], status=status, **fields)
                except RunLost:
                    return False
                except OUTAGE:
                    # A database that is busy or away for a moment must not leave the run open until its lease ends.
                    if pause is None or connection.in_atomic_block:
                        raise
                    connection.close()
                    time.sleep(pause)
                else:
                    break
            return True

    def pause(self, until: datetime) -> bool:
        """Write that the run waits for a person; return whether it was still this attempt's.

        A handler may do so in the transaction in which it stores what is asked, and raises RunPaused after that.
        """
        with self._lock:
            try:
                self._write([("requires_action", {})], status=RunStatus.REQUIRES_ACTION, worker="", lease_until=until)
            except RunLost:
                return False
            self.paused = True
            return True

    def _pending(self) -> list[tuple[str, JsonObject]]:
        if not self._pieces:
            return []
        return [("delta", {"text": storable("".join(self._pieces))})]

    def _write(self, events: list[tuple[str, JsonObject]], **fields: object) -> int:
        """Write the text so far and ``events``; what could not be written is written by the next call."""
        # What the queue writes comes before what is written here.
        while self._flying:
            self._landed.wait()
        if self._lost:
            raise RunLost
        # A sign of life, also where a transaction of the handler hides the row from the watch thread.
        fields.setdefault("lease_until", lease(run_settings.RUN_LEASE_SECONDS))
        mine = Run.objects.filter(pk=self.run_id, attempt=self.attempt, status__in=ACTIVE)
        last = append_events(mine, self.run_id, [*self._pending(), *events], **fields)
        if last is None:
            self._lost = True
            raise RunLost
        self._pieces = []
        return last


_listeners: list[Callable[[], None]] = []


def listen(listener: Callable[[], None]) -> None:
    """Have ``listener`` called whenever this process has written events."""
    _listeners.append(listener)


def tell() -> None:
    """Tell the listeners that events have been written and committed."""
    for listener in _listeners:
        listener()


def append_events(
    mine: QuerySet[Run], run_id: UUID, events: list[tuple[str, JsonObject]], **fields: object
) -> int | None:
    """Write ``events`` and ``fields`` to the run if it is in the queryset ``mine``; return the last number or None."""
    text = "".join(data["text"] for type, data in events if type == "delta")
    if text:
        fields["text"] = Concat(F("text"), Value(text))
    with transaction.atomic():
        # The UPDATE locks the row: numbers are given out by one at a time, without gaps.
        if not mine.update(last_seq=F("last_seq") + len(events), **fields):
            return None
        last: int = Run.objects.values_list("last_seq", flat=True).get(pk=run_id)
        first = last - len(events) + 1
        RunEvent.objects.bulk_create(
            RunEvent(run_id=run_id, seq=first + offset, type=type, data=data)
            for offset, (type, data) in enumerate(events)
        )
        transaction.on_commit(tell, robust=True)
    return last


def append_event(mine: QuerySet[Run], run_id: UUID, type: str, data: JsonObject, **fields: object) -> int | None:
    """Write one event; see append_events()."""
    return append_events(mine, run_id, [(type, data)], **fields)


def events_after(run_id: UUID, seq: int, limit: int = 500) -> list[JsonObject]:
    """Return the events of a run after number ``seq``, in order: ``{"id", "event", "data"}``."""
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=seq).order_by("seq").values_list("seq", "type", "data")
    return [{"id": number, "event": type, "data": data} for number, type, data in rows[:limit]]
