"""The pool of threads: nothing that was started is left behind, whatever came in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from ai_cms.llm.runs.executors import pool as executors
from ai_cms.llm.runs.executors.pool import ThreadExecutor


class Scripted(ThreadExecutor):
    """Do ``looks`` one after the other where the pool looks for a run; then there is none."""

    def __init__(self, *looks: Callable[[], bool]) -> None:
        super().__init__()
        self.looks = list(looks)
        self.done = threading.Event()
        self.looked = 0

    def _next(self) -> bool:
        self.looked += 1
        if not self.looks:
            self.done.set()
            return False
        return self.looks.pop(0)()

    def threads(self) -> list[threading.Thread]:
        return list(self._threads)


@pytest.fixture(autouse=True)
def one_thread(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AI_CMS = {"RUN_THREADS": 1}
    monkeypatch.setattr(executors, "RETRY_SECONDS", 0.01)


def refuse() -> bool:
    raise OperationalError("database is locked")


def test_a_run_started_while_a_thread_looks_is_found() -> None:
    def meanwhile() -> bool:
        # The only thread is looking, nobody waits, and no other may be made.
        pool.start("another")
        return False

    pool = Scripted(meanwhile)
    pool.start("one")
    # Well before the thread would have ended for want of work.
    assert pool.done.wait(executors.IDLE_SECONDS / 2)
    assert len(pool.threads()) == 1


def test_a_busy_database_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    pool = Scripted(refuse, refuse, lambda: True)
    pool.start("one")
    assert pool.done.wait(executors.IDLE_SECONDS / 2)
    assert pool.looked == 4
    assert "could not go on" in caplog.text


def test_a_database_that_stays_away_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "RETRIES", 3)
    pool = Scripted(*[refuse] * 3)
    pool.start("one")
    for thread in pool.threads():
        thread.join(5)
    assert (pool.looked, pool.threads()) == (3, [])
    # What is started later finds a thread again.
    pool.start("two")
    assert pool.done.wait(executors.IDLE_SECONDS / 2)


def test_a_thread_without_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "IDLE_SECONDS", 0.01)
    pool = Scripted()
    pool.start("one")
    for thread in pool.threads():
        thread.join(5)
    assert pool.threads() == []
