"""Runs are looked after: none keeps another from it, and a moment without database breaks none off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from ai_cms.llm import gateway
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.gateway import metering
from ai_cms.llm.messages import LLMRequest, Message
from ai_cms.llm.models import Run
from ai_cms.llm.runs.context import RunContext, run_handlers
from ai_cms.llm.runs.events import EventWriter
from ai_cms.llm.runs.execution import claim_run, execute_run
from ai_cms.llm.runs.executors import pool as executors
from ai_cms.llm.runs.executors.executor import Executor
from ai_cms.llm.runs.executors.pool import ThreadExecutor
from ai_cms.llm.runs.executors.watch import Watch
from ai_cms.llm.runs.services import start_run
from ai_cms.llm.runs.sweeping import sweep_runs
from ai_cms.llm.signals import run_finished

pytestmark = pytest.mark.django_db


@pytest.fixture
def parked(settings: Any) -> None:
    settings.AI_CMS = {"RUNNER": "tests.llm.test_runs.Parked"}


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    with run_handlers.temporarily("nothing", lambda run: None):
        yield


def claimed(user: Any) -> Run:
    run = claim_run(start_run("nothing", {}, actor=user).pk)
    assert run is not None
    return run


def age(*runs: Run) -> None:
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(lease_until=timezone.now() - timedelta(seconds=1))


def has_lease(run: Run) -> bool:
    run.refresh_from_db()
    return run.lease_until is not None and run.lease_until > timezone.now()


@contextmanager
def failing_once(words: str) -> Iterator[list[str]]:
    """Let the first statement with ``words`` fail as when the database is away."""
    failed: list[str] = []

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if words in sql and not failed:
            failed.append(sql)
            raise OperationalError("the server closed the connection")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield failed


# Runs that have been started


def test_a_thread_that_cannot_be_started_takes_no_place(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pool(ThreadExecutor):
        looked = threading.Event()

        def _next(self) -> bool:
            self.looked.set()
            return False

    def no_more_threads(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    settings.AI_CMS = {"RUN_THREADS": 1}
    monkeypatch.setattr(executors, "IDLE_SECONDS", 0.01)
    pool = Pool()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more_threads)
        with pytest.raises(RuntimeError):
            pool.start("one")
    pool.start("one")
    assert pool.looked.wait(5)


class Down(Executor):
    """A broker that cannot be reached."""

    def start(self, run_id: Any) -> None:
        raise ConnectionError("no broker")


@pytest.mark.django_db(transaction=True)
def test_a_run_is_kept_when_nobody_can_be_told_of_it(
    settings: Any, member: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It has been stored: an error would have the client start it a second time. The command tells of it again."""
    settings.AI_CMS = {"RUNNER": "tests.llm.test_watch.Down"}
    assert start_run("nothing", {}, actor=member).status == "queued"
    assert "no broker" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_raises_does_not_stop_the_worker(parked: None, member: Any) -> None:
    def broken(**kwargs: Any) -> None:
        raise RuntimeError("a mistake in the project")

    first, second = (start_run("nothing", {}, actor=member) for _ in range(2))
    run_finished.connect(broken)
    try:
        assert execute_run(first.pk)
        assert claim_run(second.pk)
        age(second)
        assert sweep_runs() == 1
    finally:
        run_finished.disconnect(broken)
    first.refresh_from_db()
    assert first.status == "done"


# The watch thread


def in_transaction(run: Run, emitted: threading.Event, go_on: threading.Event) -> None:
    """Emit an event as a handler may: in a transaction of its own that takes long."""
    try:
        with transaction.atomic():
            EventWriter(run).emit("step", {})
            emitted.set()
            go_on.wait(10)
    finally:
        connections.close_all()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_long_transaction_of_one_run_lets_no_other_lease_run_out(parked: None, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RUN_LEASE_SECONDS": 1}
    busy, other = claimed(member), claimed(member)
    age(busy, other)
    emitted, go_on = threading.Event(), threading.Event()
    worker = threading.Thread(target=in_transaction, args=(busy, emitted, go_on))
    worker.start()
    emitted.wait(5)
    unblock = threading.Timer(3, go_on.set)
    unblock.start()
    begun = time.monotonic()
    Watch()._look([RunContext(busy), RunContext(other)])
    took = time.monotonic() - begun
    unblock.cancel()
    assert has_lease(other)
    assert took < 2
    # A sweeper that has seen the old lease has to wait for the row, and finds that its worker lives.
    threading.Timer(0.3, go_on.set).start()
    assert sweep_runs() == 0
    worker.join()


# A database that is away for a moment


def test_each_event_shows_life(parked: None, member: Any) -> None:
    """Where no thread watches (the inline runner), the writing alone tells that the worker lives."""
    run = claimed(member)
    age(run)
    EventWriter(run).emit("step", {})
    assert has_lease(run)


def test_text_that_could_not_be_written_is_written_later(parked: None, member: Any) -> None:
    run = claimed(member)
    writer = EventWriter(run)
    writer.text("so far ")
    with failing_once("last_seq") as failed, pytest.raises(OperationalError):
        writer.flush()
    assert failed
    writer.text("and on")
    writer.emit("step", {})
    run.refresh_from_db()
    assert run.text == "so far and on"


@pytest.mark.django_db(transaction=True)
def test_a_moment_without_database_breaks_off_no_answer(
    testing_llm: TestingBackend, member: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the saving of the text so far nor the showing of it is worth an answer."""
    from ai_cms.llm.handler import llms

    def write(run: RunContext) -> str:
        with gateway.stream(LLMRequest([Message.user("x")]), actor=run.actor, run=run) as events:
            for event in events:
                run.text(getattr(event, "text", ""))
        assert events.result is not None
        return events.result.text

    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "tests.llm.test_runs.Parked", "RUN_FLUSH_MS": 0}
    llms.use("default", testing_llm)
    testing_llm.script("one two three four")
    monkeypatch.setattr(metering, "SAVE_SECONDS", 0.0)
    with run_handlers.temporarily("write", write):
        run = start_run("write", {}, actor=member)
        with failing_once('"text" = ') as shown, failing_once('"partial_text" = ') as saved:
            execute_run(run.pk)
    assert shown
    assert saved
    run.refresh_from_db()
    assert (run.status, run.text, run.result) == ("done", "one two three four", "one two three four")
