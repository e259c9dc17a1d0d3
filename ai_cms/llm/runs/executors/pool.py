"""Runs carried out by threads of the process that started them."""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from django.db import close_old_connections, connection, connections

from ...conf import run_settings
from ...models import Run
from .executor import Executor
from .watch import execute_watched

__all__ = ["ThreadExecutor"]

logger = logging.getLogger("ai_cms.llm")

#: Seconds that a thread of the pool waits for further runs before it ends.
IDLE_SECONDS = 5.0
#: Seconds until a thread of the pool looks again when the database refused, and how often it does so before it ends.
RETRY_SECONDS = 1.0
RETRIES = 30


class ThreadExecutor(Executor):
    """A pool of at most ``RUN_THREADS`` threads; more runs wait in the database, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._news = threading.Condition(self._lock)
        self._waiting = 0
        self._told = 0
        self._starts = 0

    def start(self, run_id: UUID) -> None:
        with self._lock:
            self._starts += 1
            if self._waiting:
                # Taken off here and not by the thread when it wakes: a second start() must not count on the same one.
                self._waiting -= 1
                self._told += 1
                self._news.notify()
                return
            if len(self._threads) >= run_settings.RUN_THREADS:
                return
            thread = threading.Thread(target=self._work, name="ai-cms-run", daemon=True)
            thread.start()
            # After it: one that could not be started takes no place. It cannot end before, for want of this lock.
            self._threads.add(thread)

    def nudge(self, run_id: UUID) -> None:
        # The process that made the run may have died before it began; any pool may take it.
        self.start(run_id)

    def _work(self) -> None:
        failures = 0
        try:
            while True:
                close_old_connections()
                with self._lock:
                    seen = self._starts
                try:
                    worked = self._next()
                    failures = 0
                except Exception:
                    # A busy database, most likely: the runs are still there, and nobody else may come for them.
                    logger.exception("A thread of the run pool could not go on.")
                    connection.close()
                    worked, failures = False, failures + 1
                if not worked and not self._wait(seen, failures):
                    return
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
            connections.close_all()

    def _next(self) -> bool:
        """Carry out the run that has waited longest; return whether there was one."""
        queued = Run.objects.queued().order_by("created_at").values_list("pk", flat=True)[:20]
        # Several threads may want the same run; only one claim succeeds, the others take the next.
        return any(execute_watched(run_id) for run_id in list(queued))

    def _wait(self, seen: int, failures: int) -> bool:
        """Wait for runs; return whether to look again. ``seen``: how many had been started when this thread last looked."""
        connections.close_all()
        with self._lock:
            if self._starts != seen:
                # Started while this thread looked, and nobody was waiting who could be told.
                return True
            self._waiting += 1
            self._news.wait_for(lambda: self._told, timeout=RETRY_SECONDS if failures else IDLE_SECONDS)
            if self._told:
                self._told -= 1
                return True
            self._waiting -= 1
            if 0 < failures < RETRIES:
                return True
            self._threads.discard(threading.current_thread())
            return False
