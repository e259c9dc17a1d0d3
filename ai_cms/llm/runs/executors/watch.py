"""One thread a process that looks after the runs it carries out."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, connections, transaction

from ...conf import run_settings
from ...models import Run
from ...querysets import RunQuerySet
from ...workers import lease
from .. import flushing
from ..context import RunContext
from ..events import ACTIVE
from ..execution import execute_run

__all__ = ["Watch", "cancel_here", "execute_watched"]

logger = logging.getLogger("ai_cms.llm")

#: Seconds between two looks of the watch thread: how fast a cancellation from another process arrives.
WATCH_SECONDS = 0.2


class Watch:
    """Show life for the runs of this process, and bring cancellations to them.

    One thread for all runs; it ends when there are none.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: dict[UUID, RunContext] = {}
        self._thread: threading.Thread | None = None
        self._due = 0

    @contextmanager
    def over(self, context: RunContext) -> Iterator[None]:
        """Look after a run while it is carried out; its text is written with that of the other runs of the process."""
        context.events.queue = flushing.flusher
        with self._lock:
            self._contexts[context.run_id] = context
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="ai-cms-run-watch", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                # A later attempt of the same run may have begun in this process.
                if self._contexts.get(context.run_id) is context:
                    del self._contexts[context.run_id]

    def cancel(self, run_id: UUID) -> None:
        """Cancel a run of this process without waiting for the next look."""
        with self._lock:
            context = self._contexts.get(run_id)
        if context is not None:
            context.cancel.cancel()

    def _work(self) -> None:
        pause = threading.Event()
        try:
            while True:
                pause.wait(WATCH_SECONDS)
                with self._lock:
                    contexts = list(self._contexts.values())
                    if not contexts:
                        self._thread = None
                        return
                try:
                    self._look(contexts)
                except Exception:
                    # The database may be away for a moment; the runs are not lost before their lease is.
                    logger.warning("Could not look after the runs of this process.", exc_info=True)
                    connection.close()
        finally:
            connections.close_all()

    def _look(self, contexts: list[RunContext]) -> None:
        ids = [context.run_id for context in contexts]
        every = max(1, round(run_settings.RUN_LEASE_SECONDS / 5 / WATCH_SECONDS))
        self._due += 1
        mine = Run.objects.filter(pk__in=ids, status__in=ACTIVE)
        if self._due % every == 0:
            _renew(mine)
        alive = dict(mine.values_list("pk", "cancel_requested"))
        for context in contexts:
            if alive.get(context.run_id, True):
                context.cancel.cancel()


def _renew(runs: RunQuerySet[Run]) -> None:
    """Renew the leases of ``runs``, save those whose row a transaction holds: that is their own worker's, writing."""
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        free = list(runs.select_for_update(skip_locked=skip).values_list("pk", flat=True))
        Run.objects.filter(pk__in=free).update(lease_until=lease(run_settings.RUN_LEASE_SECONDS))


watch = Watch()


def cancel_here(run_id: UUID) -> None:
    """Cancel a run at once if this process carries it out."""
    watch.cancel(run_id)


def execute_watched(run_id: UUID | str) -> bool:
    """Carry out a run under the eyes of the watch thread; return whether this did."""
    return execute_run(run_id, watch.over)


def _begin_anew() -> None:
    """Forget the thread of the parent in a forked process, and a lock that nobody there gives back."""
    global watch
    watch = Watch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
