"""The text that the runs of a process have gathered, written by one thread for all of them.

A worker that waits for its model holds no connection, and to open one for every twelfth of a second of text costs more than all
else that a streamed answer does. So the texts of all runs go in one transaction over one connection.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db import close_old_connections, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ...core.databases import without_waiting
from ..conf import run_settings
from ..models import Run, RunEvent
from ..workers import lease
from .events import ACTIVE, EventWriter, tell

__all__ = ["Fate", "Flusher", "Text", "flusher", "write_texts"]

logger = logging.getLogger("ai_cms.llm")

#: Seconds without text after which the thread ends and its connection goes.
IDLE = 1.0
#: Seconds until what could not be written is tried again, and after which it is logged that it could not.
RETRY = 0.02
PATIENCE = 2.0
#: Runs whose texts go in one transaction.
BATCH = 200


class Text(NamedTuple):
    """A piece of the text of one attempt at a run."""

    run_id: UUID
    attempt: int
    text: str


class Fate(NamedTuple):
    """What became of texts: written, or for an attempt that has the run no longer; what is in neither is to be tried again."""

    written: set[Text]
    lost: set[Text]


def write_texts(texts: Iterable[Text]) -> Fate:
    """Append a piece of text, and its event, to each of several runs in one transaction.

    Rows that somebody else has locked are left for later: whoever holds one may wait for this very text.
    """
    pieces = list(texts)
    connection = connections[router.db_for_write(Run)]
    rows = Run.objects.using(connection.alias).filter(pk__in={one.run_id for one in pieces}, status__in=ACTIVE)
    until = lease(run_settings.RUN_LEASE_SECONDS)
    with transaction.atomic(using=connection.alias):
        if connection.features.has_select_for_update_skip_locked:
            held = rows.order_by("pk").select_for_update(skip_locked=True)
        else:
            # A write first: there, to read and then to write may be refused.
            rows.update(lease_until=until)
            held = rows
        states = {key: (attempt, last) for key, attempt, last in held.values_list("pk", "attempt", "last_seq")}
        written = [one for one in pieces if states.get(one.run_id, (None, 0))[0] == one.attempt]
        if written:
            events = [
                RunEvent(run_id=one.run_id, seq=states[one.run_id][1] + 1, type="delta", data={"text": one.text})
                for one in written
            ]
            key, leased = Run._meta.get_field("id"), Run._meta.get_field("lease_until")
            bound = leased.get_db_prep_save(until, connection)
            with connection.cursor() as cursor:
                cursor.executemany(
                    _append(connection),
                    [
                        (event.seq, one.text, bound, key.get_db_prep_value(one.run_id, connection))
                        for event, one in zip(events, written, strict=True)
                    ],
                )
            RunEvent.objects.using(connection.alias).bulk_create(events)
    return Fate(set(written), _lost(set(pieces).difference(written), states))


def _append(connection: BaseDatabaseWrapper) -> str:
    """Return the statement that appends to one run; its parameters are the number, the text, the lease and the run."""
    name = connection.ops.quote_name
    text = name("text")
    longer = f"CONCAT({text}, %s)" if connection.vendor == "mysql" else f"{text} || %s"
    sets = f"{name('last_seq')} = %s, {text} = {longer}, {name('lease_until')} = %s"
    # Names of our own table; what is written goes as parameters.
    return f"UPDATE {name(Run._meta.db_table)} SET {sets} WHERE {name('id')} = %s"  # noqa: S608


def _lost(left: set[Text], states: Mapping[UUID, tuple[int, int]]) -> set[Text]:
    """Return those whose runs are no longer their attempt's, and not just locked."""
    unseen = [one.run_id for one in left if one.run_id not in states]
    attempts: dict[UUID, int] = {key: attempt for key, (attempt, _last) in states.items()}
    if unseen:
        there = Run.objects.filter(pk__in=unseen, status__in=ACTIVE)
        attempts |= dict(there.values_list("pk", "attempt"))
    return {one for one in left if attempts.get(one.run_id) != one.attempt}


class Flusher:
    """The thread that writes what the writers have gathered; it ends when they have gathered nothing for a while."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._writers: set[EventWriter] = set()
        self._thread: threading.Thread | None = None
        self._warned = -math.inf

    def add(self, writer: EventWriter) -> bool:
        """Have the text of ``writer`` written once it is ``RUN_FLUSH_MS`` old; return whether there is a thread for it."""
        with self._news:
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(target=self._work, name="ai-cms-run-text", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # No more threads for this process: the worker writes by itself, as where nobody does it for many.
                    logger.warning("There is no thread for the text of runs.", exc_info=True)
                    return False
                self._thread = thread
            self._writers.add(writer)
            self._news.notify()
            return True

    def _work(self) -> None:
        try:
            while (writers := self._due()) is not None:
                if not self._flush(writers):
                    time.sleep(RETRY)
        finally:
            connections.close_all()

    def _due(self) -> list[EventWriter] | None:
        """Wait, and return whose text is to be written now; ``None`` when there has been none for long."""
        with self._news:
            if not self._writers and not self._news.wait_for(lambda: self._writers, IDLE):
                self._thread = None
                return None
            oldest = min(writer.since for writer in self._writers)
        whole = run_settings.RUN_FLUSH_MS / 1000
        time.sleep(min(max(oldest + whole - time.monotonic(), 0.0), whole))
        # Those whose time comes soon go along: fewer transactions, and nobody waits longer.
        soon = time.monotonic() - whole / 2
        with self._news:
            due = sorted((one for one in self._writers if one.since <= soon), key=lambda one: one.since)[:BATCH]
            self._writers.difference_update(due)
            return due

    def _flush(self, writers: list[EventWriter]) -> bool:
        """Write the texts; return whether all went. What did not is tried again."""
        taken = {
            writer: Text(writer.run_id, writer.attempt, text)
            for writer in writers
            if (text := writer.take()) is not None
        }
        fate = Fate(set(), set())
        if taken:
            connection = connections[router.db_for_write(Run)]
            try:
                close_old_connections()
                # Who keeps this thread from a SQLite database may be the worker of such a run, which then waits for its text.
                with without_waiting(connection):
                    fate = write_texts(taken.values())
            except Exception:
                # Kept, and shown when the database is back; no answer is broken off for it.
                self._warn(taken)
                connections.close_all()
            finally:
                for writer, its in taken.items():
                    writer.settle(written=its in fate.written, lost=its in fate.lost)
        if fate.written:
            tell()
        again = [writer for writer in writers if writer.has_text]
        with self._news:
            self._writers.update(again)
        return not again

    def _warn(self, writers: Iterable[EventWriter]) -> None:
        now = time.monotonic()
        if now - min(writer.since for writer in writers) > PATIENCE and now - self._warned > PATIENCE:
            self._warned = now
            logger.warning("The text of runs cannot be shown yet.", exc_info=True)


flusher = Flusher()


def _begin_anew() -> None:
    """Begin anew in a forked process, which has none of its parent's threads."""
    global flusher
    flusher = Flusher()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
