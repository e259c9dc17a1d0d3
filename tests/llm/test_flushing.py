"""The texts of all runs of a process go in one transaction, each to its own attempt, in order, and none is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction

from ai_cms.llm.models import Run, RunEvent
from ai_cms.llm.runs import flushing
from ai_cms.llm.runs.events import EventWriter, RunLost
from ai_cms.llm.runs.flushing import Fate, Flusher, Text, write_texts


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Have the thread close its connection before the rows of a test are removed."""
    yield
    for thread in threading.enumerate():
        if thread.name == "ai-cms-run-text":
            thread.join(5)


@pytest.fixture
def flusher(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Flusher:
    settings.AI_CMS = {"RUN_FLUSH_MS": 10}
    monkeypatch.setattr(flushing, "IDLE", 0.2)
    return Flusher()


def running(attempt: int = 1) -> Run:
    return Run.objects.create(handler="x", status="running", attempt=attempt)


def writer_of(run: Run, flusher: Flusher | None) -> EventWriter:
    writer = EventWriter(run)
    writer.queue = flusher
    return writer


def deltas(run: Run) -> list[tuple[int, str]]:
    events = RunEvent.objects.filter(run=run, type="delta").order_by("seq").values_list("seq", "data")
    return [(seq, data["text"]) for seq, data in events]


def soon(condition: Callable[[], bool]) -> bool:
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.django_db
def test_many_texts_take_as_many_statements_as_one(django_assert_max_num_queries: Any) -> None:
    runs = [running() for _ in range(20)]
    with django_assert_max_num_queries(6):
        fate = write_texts([Text(run.pk, 1, f"hello {number}") for number, run in enumerate(runs)])
    assert len(fate.written) == 20
    assert not fate.lost
    for number, run in enumerate(runs):
        run.refresh_from_db()
        assert (run.text, run.last_seq, deltas(run)) == (f"hello {number}", 1, [(1, f"hello {number}")])
        assert run.lease_until is not None


@pytest.mark.django_db
def test_text_is_appended_behind_what_there_is() -> None:
    run = running()
    writer = EventWriter(run)
    writer.emit("started", {})
    write_texts([Text(run.pk, 1, "one ")])
    writer.emit("step", {})
    write_texts([Text(run.pk, 1, "two")])
    run.refresh_from_db()
    assert (run.text, run.last_seq) == ("one two", 4)
    assert deltas(run) == [(2, "one "), (4, "two")]


@pytest.mark.django_db
def test_whoever_has_lost_the_run_writes_nothing() -> None:
    taken, ended, gone, mine = running(attempt=2), running(), running(), running()
    Run.objects.filter(pk=ended.pk).update(status="done")
    key = gone.pk
    gone.delete()
    texts = [
        Text(taken.pk, 1, "old"),
        Text(taken.pk, 2, "new"),
        Text(ended.pk, 1, "x"),
        Text(key, 1, "x"),
        Text(mine.pk, 1, "x"),
    ]
    assert write_texts(texts) == Fate({texts[1], texts[4]}, {texts[0], texts[2], texts[3]})
    taken.refresh_from_db()
    assert taken.text == "new"
    assert not RunEvent.objects.filter(run=ended).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_for_later_and_keeps_no_other_waiting() -> None:
    held, free = running(), running()
    holding, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Run.objects.select_for_update().get(pk=held.pk)
                holding.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(5)
    texts = [Text(held.pk, 1, "later"), Text(free.pk, 1, "now")]
    assert write_texts(texts) == Fate({texts[1]}, set())
    go_on.set()
    thread.join()
    assert write_texts(texts[:1]) == Fate({texts[0]}, set())


@pytest.mark.django_db(transaction=True)
def test_pieces_of_many_runs_arrive_whole_and_in_order(flusher: Flusher) -> None:
    runs = [running() for _ in range(8)]
    words = [f"{number} " for number in range(60)]

    def work(run: Run) -> None:
        writer = writer_of(run, flusher)
        try:
            for number, word in enumerate(words):
                writer.text(word)
                time.sleep(0.002)
                if number % 20 == 19:
                    writer.emit("step", {"upto": number})
            assert writer.finish("done", "done", {})
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for run in runs:
        run.refresh_from_db()
        assert (run.text, run.status) == ("".join(words), "done")
        events = list(RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", "type", "data"))
        assert [seq for seq, _type, _data in events] == list(range(1, run.last_seq + 1))
        # What was said before a step stands before it.
        said = ""
        for _seq, type, data in events:
            if type == "delta":
                said += data["text"]
            elif type == "step":
                assert said == "".join(words[: data["upto"] + 1])
        assert said == run.text


@pytest.mark.django_db(transaction=True)
def test_silence_does_not_hold_text_back(flusher: Flusher) -> None:
    run = running()
    writer_of(run, flusher).text("Here I am.")
    assert soon(lambda: deltas(run) == [(1, "Here I am.")])


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_busy_writing_keeps_no_other_text_back(flusher: Flusher) -> None:
    """It may wait for the database for many seconds, with its events locked."""
    busy, other = running(), running()
    held, done = threading.Event(), threading.Event()
    writers = [writer_of(busy, flusher), writer_of(other, flusher)]

    def write() -> None:
        with writers[0]._lock:
            writers[0].text("mine")
            held.set()
            done.wait(10)

    worker = threading.Thread(target=write)
    worker.start()
    assert held.wait(5)
    writers[1].text("the other's")
    assert soon(lambda: deltas(other) == [(1, "the other's")])
    assert deltas(busy) == []
    done.set()
    worker.join()
    assert soon(lambda: deltas(busy) == [(1, "mine")])


@pytest.mark.django_db(transaction=True)
def test_without_a_thread_for_it_a_worker_writes_its_text_itself(
    flusher: Flusher, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def no_more_threads(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    settings.AI_CMS = {"RUN_FLUSH_MS": 0}
    run = running()
    writer = writer_of(run, flusher)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more_threads)
        writer.text("one ")
    writer.text("two")
    assert deltas(run) == [(1, "one "), (2, "two")]


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_has_died_is_replaced(flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Flusher, "_work", lambda self: None)
        writer_of(running(), flusher).text("nobody writes this yet")
        assert soon(lambda: flusher._thread is not None and not flusher._thread.is_alive())
    run = running()
    writer_of(run, flusher).text("and this")
    assert soon(lambda: deltas(run) == [(1, "and this")])
    assert RunEvent.objects.filter(type="delta").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_learns_that_its_run_is_lost(flusher: Flusher) -> None:
    run = running()
    writer = writer_of(run, flusher)
    Run.objects.filter(pk=run.pk).update(attempt=2)
    writer.text("too late")
    assert soon(lambda: not writer.has_text and not writer._flying)
    with pytest.raises(RunLost):
        writer.text("more")
    with pytest.raises(RunLost):
        writer.emit("step", {})
    assert not RunEvent.objects.filter(run=run).exists()


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_written_is_written_when_the_database_is_back(
    flusher: Flusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, left = running(), [3]
    real = flushing.write_texts

    def shaky(texts: Any) -> Fate:
        if left[0]:
            left[0] -= 1
            raise OperationalError("gone for a moment")
        return real(texts)

    monkeypatch.setattr(flushing, "write_texts", shaky)
    writer = writer_of(run, flusher)
    writer.text("one ")
    assert soon(lambda: left[0] < 3)
    writer.text("two")
    assert soon(lambda: "".join(text for _seq, text in deltas(run)) == "one two")


@pytest.mark.django_db(transaction=True)
def test_the_end_waits_for_the_text_that_is_under_way(flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> None:
    run = running()
    under_way, go_on = threading.Event(), threading.Event()
    real = flushing.write_texts

    def slow(texts: Any) -> Fate:
        under_way.set()
        go_on.wait(10)
        return real(texts)

    monkeypatch.setattr(flushing, "write_texts", slow)
    writer = writer_of(run, flusher)
    writer.text("first ")
    assert under_way.wait(5)
    writer.text("second")
    threading.Timer(0.1, go_on.set).start()
    assert writer.finish("done", "done", {})
    run.refresh_from_db()
    assert run.text == "first second"
    assert list(run.events.order_by("seq").values_list("type", flat=True)) == ["delta", "delta", "done"]


@pytest.mark.django_db(transaction=True)
def test_a_handler_in_a_transaction_of_its_own_does_not_wait_for_itself(flusher: Flusher) -> None:
    """It holds its row, or all of a SQLite database, while the thread would write its text."""
    run = running()
    writer = writer_of(run, flusher)
    began = time.monotonic()
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(label="mine")
        writer.queue = flusher
        with writer._lock:
            writer._pieces, writer.since = ["said before "], 0.0
        flusher.add(writer)
        time.sleep(0.1)
        writer.emit("step", {})
    assert time.monotonic() - began < 5
    run.refresh_from_db()
    assert run.text == "said before "
    assert list(run.events.order_by("seq").values_list("type", flat=True)) == ["delta", "step"]
