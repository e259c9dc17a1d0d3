"""One look for all streams of a process, and who is woken by it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai_cms.llm.models import Run
from ai_cms.llm.runs import looking
from ai_cms.llm.runs.events import append_event
from ai_cms.llm.runs.looking import Looker, look


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Have the thread close its connection before the rows of a test are removed."""
    yield
    for thread in threading.enumerate():
        if thread.name == "ai-cms-events":
            thread.join(5)


def run_with(events: int, *, finished: bool = False) -> Run:
    run = Run.objects.create(handler="x", status="running")
    for number in range(events):
        write(run, f"piece {number} ")
    if finished:
        Run.objects.filter(pk=run.pk).update(finished_at=timezone.now(), status="done")
    return run


def write(run: Run, text: str) -> None:
    append_event(Run.objects.filter(pk=run.pk), run.pk, "delta", {"text": text})


def numbers(found: looking.Look) -> list[int]:
    return [event["id"] for event in found.events]


@pytest.mark.django_db
def test_a_look_brings_each_place_its_own_events(django_assert_num_queries: Any) -> None:
    one, other, over, silent = run_with(3), run_with(5), run_with(2, finished=True), run_with(1)
    places = [(one.pk, 1), (other.pk, 0), (one.pk, 2), (over.pk, 1), (over.pk, 2), (silent.pk, 1)]
    with django_assert_num_queries(2):
        found = look(places)
    assert [numbers(one) for one in found] == [[2, 3], [1, 2, 3, 4, 5], [3], [2], [], []]
    assert [one.over for one in found] == [False, False, False, True, True, False]


@pytest.mark.django_db
def test_a_look_without_news_is_one_query_however_many_wait(django_assert_num_queries: Any) -> None:
    runs = [run_with(1) for _ in range(30)]
    with django_assert_num_queries(1):
        assert not any(one.events or one.over for one in look([(run.pk, 1) for run in runs]))


@pytest.mark.django_db
def test_who_is_far_behind_gets_pages_and_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PAGE", 4)
    run = run_with(10, finished=True)
    first, near = look([(run.pk, 0), (run.pk, 9)])
    assert (numbers(first), first.over) == ([1, 2, 3, 4], False)
    assert (numbers(near), near.over) == ([10], True)
    assert look([(run.pk, 6)])[0].over
    assert numbers(look([(run.pk, 4)])[0]) == [5, 6, 7, 8]


@pytest.mark.django_db
def test_a_run_that_is_gone_is_over() -> None:
    run = run_with(2)
    key = run.pk
    run.delete()
    assert look([(key, 1)]) == [looking.Look([], True)]


@pytest.mark.django_db(transaction=True)
def test_many_streams_of_one_process_share_a_thread_and_its_looks() -> None:
    runs = [run_with(2) for _ in range(10)]
    looker = Looker()
    asked: list[str] = []

    async def watch(run: Run) -> list[int]:
        found: list[int] = []
        with looker.watching(run.pk, 0) as watcher:
            while len(found) < 5:
                news = await watcher.next(5)
                assert news is not None
                found += numbers(news)
        return found

    def write_more() -> None:
        try:
            for number in range(3):
                for run in runs:
                    write(run, f"more {number}")
        finally:
            connections.close_all()

    async def all_of_them() -> list[list[int]]:
        watching = [asyncio.create_task(watch(run)) for run in runs for _ in range(3)]
        await asyncio.sleep(0.05)
        await asyncio.to_thread(write_more)
        return await asyncio.gather(*watching)

    real = looking.look
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "look", lambda places: asked.append(threading.current_thread().name) or real(places))
        found = async_to_sync(all_of_them)()
    assert found == [[1, 2, 3, 4, 5]] * 30
    assert set(asked) == {"ai-cms-events"}


@pytest.mark.django_db(transaction=True)
def test_who_writes_in_this_process_wakes_the_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long silence makes looks rare; what is written here is there at once all the same."""
    monkeypatch.setattr(looking, "LONGEST_PAUSE", 60.0)
    monkeypatch.setattr(looking, "FIRST_PAUSE", 60.0)
    looker = Looker()
    monkeypatch.setattr(looking, "_looker", looker)
    run = run_with(0)

    def say() -> None:
        try:
            write(run, "here")
        finally:
            connections.close_all()

    async def watch() -> looking.Look | None:
        with looker.watching(run.pk, 0) as watcher:
            assert await watcher.next(0.3) is None
            writing = asyncio.create_task(asyncio.to_thread(say))
            found = await watcher.next(20)
            await writing
            return found

    began = time.monotonic()
    found = async_to_sync(watch)()
    assert found is not None
    assert numbers(found) == [1]
    assert time.monotonic() - began < 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [1, 99])
def test_a_database_that_is_away_for_a_moment_ends_no_stream(failures: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_with(1)
    left = [failures]
    real = looking.look

    def shaky(places: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OperationalError("gone for a moment")
        return real(places)

    monkeypatch.setattr(looking, "look", shaky)
    monkeypatch.setattr(looking, "RETRY", 0.01)
    looker = Looker()

    async def watch() -> Any:
        with looker.watching(run.pk, 0) as watcher:
            return await watcher.next(10)

    if failures > looking.FAILURES:
        with pytest.raises(OperationalError):
            async_to_sync(watch)()
    else:
        assert numbers(async_to_sync(watch)()) == [1]


@pytest.mark.django_db
def test_the_condition_takes_as_many_runs_as_may_wait() -> None:
    runs = [run_with(1) for _ in range(300)]
    with CaptureQueriesContext(connections["default"]) as queries:
        found = look([(run.pk, 0) for run in runs])
    assert [numbers(one) for one in found] == [[1]] * 300
    assert len(queries) == 2
