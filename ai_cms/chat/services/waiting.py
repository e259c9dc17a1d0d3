"""Wait for an answer without a database connection, a lock or a transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection

from ai_cms.llm.models import Run, RunStatus
from ai_cms.llm.runs.executors.runner import get_executor

from ..models import Message
from ..settling import settle_run

__all__ = ["finished_here", "wait_for"]

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
#: Seconds after which a run that nobody has begun is looked for.
PATIENCE = 5.0

_lock = threading.Lock()
_waiting: dict[UUID, list[threading.Event]] = {}


def finished_here(sender: object, instance: Run, **kwargs: Any) -> None:
    """Receive ``run_finished``: wake whoever waits for the run in this process."""
    with _lock:
        events = list(_waiting.get(instance.pk, ()))
    for event in events:
        event.set()


def wait_for(answers: Sequence[Message], seconds: float) -> list[Message]:
    """Wait until ``answers`` are finished or wait for a person, at most ``seconds``; return them as they are then.

    Not to be called in a transaction.
    """
    ids = [answer.pk for answer in answers]
    runs = {answer.run_id for answer in answers if answer.run_id is not None}
    deadline = time.monotonic() + seconds
    patient_until = time.monotonic() + PATIENCE
    pause = FIRST_PAUSE
    with _told(runs) as news:
        while _are_open(runs) and (left := deadline - time.monotonic()) > 0:
            if time.monotonic() > patient_until:
                patient_until += PATIENCE
                for run_id in Run.objects.queued().filter(pk__in=runs).values_list("pk", flat=True):
                    get_executor().nudge(run_id)
            if not connection.in_atomic_block and connection.vendor == "postgresql":
                # A hundred people who wait are not to hold a hundred connections.
                connection.close()
            news.wait(min(pause, left))
            news.clear()
            pause = min(pause * 1.5, LONGEST_PAUSE)
    for run in Run.objects.filter(pk__in=runs, finished_at__isnull=False):
        # Whoever brought it to its end may not have got that far yet.
        settle_run(run)
    fresh = Message.objects.select_related("agent", "author", "run", "conversation").in_bulk(ids)
    return [fresh[pk] for pk in ids if pk in fresh]


def _are_open(runs: set[UUID]) -> bool:
    rows = Run.objects.open().filter(pk__in=runs).exclude(status=RunStatus.REQUIRES_ACTION)
    return rows.exists()


@contextmanager
def _told(runs: set[UUID]) -> Iterator[threading.Event]:
    news = threading.Event()
    with _lock:
        for run_id in runs:
            _waiting.setdefault(run_id, []).append(news)
    try:
        yield news
    finally:
        with _lock:
            for run_id in runs:
                _waiting[run_id].remove(news)
                if not _waiting[run_id]:
                    del _waiting[run_id]
