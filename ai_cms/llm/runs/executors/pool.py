"""Who carries runs out: the setting ``RUNNER``.

``thread``: a bounded pool of threads in the process that started the run; it also picks up runs that a dead process
left queued. ``task``: Django's tasks framework. ``celery``: a Celery worker. ``inline``: the caller, for tests.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import close_old_connections, connection, connections, transaction
from django.utils.module_loading import import_string

from ai_cms.core.exceptions import AICMSError

from ...conf import run_settings
from ...models import Run, RunStatus
from ...querysets import RunQuerySet
from ...workers import lease
from ..events import ACTIVE, RunLost
from ..state import RunContext, execute_run

__all__ = ["CeleryExecutor", "Executor", "InlineExecutor", "TaskExecutor", "ThreadExecutor", "get_executor"]

logger = logging.getLogger("ai_cms.llm")

#: Seconds between two looks of the watch thread: how fast a cancellation from another process arrives.
WATCH_SECONDS = 0.2
#: Seconds that a thread of the pool waits for further runs before it ends.
IDLE_SECONDS = 5.0
#: Seconds until a thread of the pool looks again when the database refused, and how often it does so before it ends.
RETRY_SECONDS = 1.0
RETRIES = 30


class Executor:
    """Carry out runs by id."""

    def start(self, run_id: Any) -> None:
        """See to it that the run is carried out, soon. Called once its row has been committed."""
        raise NotImplementedError(f"{type(self).__name__} has no start().")

    def nudge(self, run_id: Any) -> None:
        """Somebody watches a run that has waited for a while: look whether it was forgotten. Does nothing by itself."""

    def start_after_commit(self, run_id: Any) -> None:
        """Call start() when the current transaction, if there is one, has been committed."""
        # Robust: the run has been stored, and an error would have the client start another. Who comes for it later is
        # the command, or whoever watches it.
        # No partial: to log what one raises, Django before 6.1 asks for a name that it lacks, and raises in turn.
        transaction.on_commit(lambda: self.start(run_id), robust=True)


class Watch:
    """Show life for the runs of this process, bring cancellations to them, and flush text they fell silent on.

    One thread for all runs; it ends when there are none.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: dict[Any, RunContext] = {}
        self._thread: threading.Thread | None = None
        self._due = 0

    @contextmanager
    def over(self, context: RunContext) -> Iterator[None]:
        """Look after a run while it is carried out."""
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

    def cancel(self, run_id: Any) -> None:
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
        for context in contexts:
            try:
                context.events.flush_if_idle()
            except RunLost:
                context.cancel.cancel()
            except Exception:
                # Its text is kept; the other runs have leases that must not run out for it.
                logger.warning("Could not show the text of the run %s.", context.run_id, exc_info=True)
                if not connection.in_atomic_block:
                    connection.close()
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


def _renew(runs: RunQuerySet) -> None:
    """Renew the leases of ``runs``, save those whose row a transaction holds: that is their own worker's, writing."""
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        free = list(runs.select_for_update(skip_locked=skip).values_list("pk", flat=True))
        Run.objects.filter(pk__in=free).update(lease_until=lease(run_settings.RUN_LEASE_SECONDS))


watch = Watch()


def cancel_here(run_id: Any) -> None:
    """Cancel a run at once if this process carries it out."""
    watch.cancel(run_id)


def execute_watched(run_id: Any) -> bool:
    """Carry out a run under the eyes of the watch thread; say whether this did."""
    return execute_run(run_id, watch.over)


class ThreadExecutor(Executor):
    """A pool of at most ``RUN_THREADS`` threads; more runs wait in the database, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._news = threading.Condition(self._lock)
        self._waiting = 0
        self._told = 0
        self._starts = 0

    def start(self, run_id: Any) -> None:
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

    def nudge(self, run_id: Any) -> None:
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
        """Carry out the run that has waited longest; say whether there was one."""
        queued = Run.objects.queued().order_by("created_at").values_list("pk", flat=True)[:20]
        # Several threads may want the same run; only one claim succeeds, the others take the next.
        return any(execute_watched(run_id) for run_id in list(queued))

    def _wait(self, seen: int, failures: int) -> bool:
        """Wait for runs; say whether to look again. ``seen``: how many had been started when this thread last looked."""
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


class InlineExecutor(Executor):
    """Carry the run out at once, in the caller: for tests and scripts."""

    def start_after_commit(self, run_id: Any) -> None:
        # A test's own transaction never commits; only the transactions of the code are waited for.
        blocks = connection.atomic_blocks
        if blocks and not getattr(blocks[-1], "_from_testcase", False):
            transaction.on_commit(partial(self.start, run_id))
        else:
            self.start(run_id)

    def start(self, run_id: Any) -> None:
        execute_run(run_id)


class TaskExecutor(Executor):
    """Send runs to the tasks framework, to the backend ``AI_CMS["TASK_BACKEND"]``."""

    def start(self, run_id: Any) -> None:
        from ai_cms.core.tasks import enqueue

        from .task import carry_out_run

        enqueue(carry_out_run, str(run_id))


class CeleryExecutor(Executor):
    """Send runs to Celery; the project's ``celery.py`` calls ``ai_cms.llm.runs.executors.celery.register(app)``."""

    def start(self, run_id: Any) -> None:
        from celery import current_app  # type: ignore[import-not-found]

        from .celery import TASK_NAME

        current_app.send_task(TASK_NAME, args=[str(run_id)])


_BUILT_IN: dict[str, type[Executor]] = {
    "thread": ThreadExecutor,
    "task": TaskExecutor,
    "celery": CeleryExecutor,
    "inline": InlineExecutor,
}
_executors: dict[str, Executor] = {}
_executors_lock = threading.Lock()


def _forget_threads() -> None:
    """Begin anew in a forked process: it has none of its parent's threads, and perhaps a lock that nobody gives back."""
    global watch, _executors_lock
    watch = Watch()
    _executors.clear()
    _executors_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def get_executor() -> Executor:
    """Return the executor that ``RUNNER`` names, one of a kind a process."""
    name = run_settings.RUNNER
    with _executors_lock:
        if name not in _executors:
            executor_class = _BUILT_IN.get(name) or import_string(name)
            if not (isinstance(executor_class, type) and issubclass(executor_class, Executor)):
                raise AICMSError(f"AI_CMS['RUNNER']: {name!r} is not an Executor.")
            _executors[name] = executor_class()
        return _executors[name]


def start_waiting_runs() -> int:
    """Hand runs that wait although nobody is about to take them to the executor; return their number."""
    waiting = list(
        Run.objects.filter(status=RunStatus.QUEUED).order_by("created_at").values_list("pk", flat=True)[:100]
    )
    for run_id in waiting:
        get_executor().start(run_id)
    return len(waiting)
