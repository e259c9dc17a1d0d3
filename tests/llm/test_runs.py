"""Runs: claimed once, fenced, watched, cancelled, swept; by every executor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from ai_cms.core.exceptions import Conflict, LimitExceeded, NotFound, NotRegistered, PermissionRefused, Unprocessable
from ai_cms.core.permissions import Actor
from ai_cms.llm import gateway
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import LLMRequest, Message, TextDelta
from ai_cms.llm.models import LLMCall, Run, RunEvent
from ai_cms.llm.runs.context import RunContext, run_handlers
from ai_cms.llm.runs.events import EventWriter, RunLost, RunPaused, events_after
from ai_cms.llm.runs.execution import claim_run, execute_run
from ai_cms.llm.runs.executors.celery import TASK_NAME, register
from ai_cms.llm.runs.executors.executor import Executor
from ai_cms.llm.runs.executors.runner import get_executor
from ai_cms.llm.runs.executors.watch import cancel_here, execute_watched
from ai_cms.llm.runs.services import cancel_run, resume_run, start_run
from ai_cms.llm.runs.sweeping import delete_old_runs, sweep_runs
from ai_cms.llm.signals import run_finished

pytestmark = pytest.mark.django_db


class Parked(Executor):
    """Leave every run where it is."""

    def start(self, run_id: Any) -> None:
        pass


@pytest.fixture
def inline(settings: Any, testing_llm: TestingBackend) -> TestingBackend:
    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "inline"}
    for alias in llms:
        llms.use(alias, testing_llm)
    return testing_llm


@pytest.fixture
def parked(settings: Any) -> None:
    settings.AI_CMS = {"RUNNER": "tests.llm.test_runs.Parked"}


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    def write(run: RunContext) -> dict[str, str]:
        request = LLMRequest([Message.user(run.payload["brief"])])
        with gateway.stream(request, actor=run.actor, run=run, task="write") as events:
            for event in events:
                if isinstance(event, TextDelta):
                    run.text(event.text)
        assert events.result is not None
        return {"text": events.result.text}

    def broken(run: RunContext) -> None:
        run.text("so far")
        raise ZeroDivisionError("inside")

    def refused(run: RunContext) -> None:
        raise Conflict("Not now.", code="not_now")

    with (
        run_handlers.temporarily("write", write),
        run_handlers.temporarily("broken", broken),
        run_handlers.temporarily("refused", refused),
    ):
        yield


def types_of(run: Run) -> list[str]:
    return list(run.events.order_by("seq").values_list("type", flat=True))


def test_a_run_writes_numbered_events_and_its_text(inline: TestingBackend, member: Any) -> None:
    run = start_run("write", {"brief": "bread"}, actor=member, target=member)
    assert (run.status, run.text, run.result) == ("done", "A test answer.", {"text": "A test answer."})
    assert types_of(run) == ["queued", "started", "delta", "done"]
    assert [event["id"] for event in events_after(run.pk, 1)] == [2, 3, 4]
    assert (run.target, run.user, run.last_seq) == (member, member, 4)
    assert LLMCall.objects.get().run == run


def test_a_run_that_fails_tells_the_client_no_inside(
    inline: TestingBackend, member: Any, caplog: pytest.LogCaptureFixture
) -> None:
    run = start_run("broken", {}, actor=member)
    assert (run.status, run.error_code, run.text) == ("error", "internal_error", "so far")
    last = run.events.get(type="error").data
    assert "inside" not in str(last)
    assert "ZeroDivisionError" in caplog.text
    refused = start_run("refused", {}, actor=member)
    assert (refused.status, refused.error_code, refused.error_detail) == ("error", "not_now", "Not now.")


def test_a_run_acts_with_the_rights_it_was_started_with(parked: None, member: Any) -> None:
    actor = Actor(user=member, scopes=frozenset({"read", "write"}), via="token")
    run = start_run("write", {"brief": "x"}, actor=actor)
    context = RunContext(Run.objects.get(pk=run.pk))
    assert (context.actor.user, context.actor.scopes) == (member, actor.scopes)
    assert not context.actor.has_scope("publish")
    with pytest.raises(PermissionRefused):
        start_run("write", {}, actor=Actor(user=member, scopes=frozenset({"read"}), via="token"))
    with pytest.raises(PermissionRefused):
        start_run("write", {}, actor=Actor.anonymous())
    with pytest.raises(NotRegistered):
        start_run("nothing", {}, actor=member)


def test_a_repeated_key_is_one_run(parked: None, member: Any, superuser: Any) -> None:
    first = start_run("write", {"brief": "x"}, actor=member, idempotency_key="k")
    assert start_run("write", {"brief": "x"}, actor=member, idempotency_key="k") == first
    with pytest.raises(Unprocessable):
        start_run("write", {"brief": "y"}, actor=member, idempotency_key="k")
    assert start_run("write", {"brief": "x"}, actor=superuser, idempotency_key="k") != first


def test_open_runs_are_limited(parked: None, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RUN_OPEN_PER_USER": 2}
    for _ in range(2):
        start_run("write", {}, actor=member)
    with pytest.raises(LimitExceeded):
        start_run("write", {}, actor=member)


def test_a_run_is_claimed_once(parked: None, member: Any) -> None:
    run = start_run("write", {}, actor=member)
    claimed = claim_run(run.pk)
    assert claimed is not None
    assert (claimed.attempt, claimed.status) == (1, "running")
    assert claim_run(run.pk) is None
    assert execute_run(run.pk) is False


def test_a_run_is_looked_after_even_when_others_wanted_it(parked: None, member: Any) -> None:
    others: list[bool] = []

    def cancelled_meanwhile(run: RunContext) -> None:
        # Another thread of the pool had seen the run in the queue, and comes too late.
        others.append(execute_watched(run.run_id))
        cancel_here(run.run_id)
        run.check()

    with run_handlers.temporarily("cancelled_meanwhile", cancelled_meanwhile):
        run = start_run("cancelled_meanwhile", {}, actor=member)
        assert execute_watched(run.pk) is True
    run.refresh_from_db()
    assert (others, run.status) == ([False], "cancelled")


def test_a_worker_that_was_given_up_writes_nothing(parked: None, member: Any) -> None:
    run = start_run("write", {}, actor=member)
    old = claim_run(run.pk)
    assert old is not None
    writer = EventWriter(old)
    Run.objects.filter(pk=run.pk).update(attempt=2)
    for write in (lambda: writer.emit("x", {}), lambda: (writer.text("x"), writer.flush())):
        with pytest.raises(RunLost):
            write()
    assert writer.finish("done", "done", {}) is False
    assert types_of(run) == ["queued"]


def test_text_is_gathered(parked: None, member: Any) -> None:
    run = start_run("write", {}, actor=member)
    claimed = claim_run(run.pk)
    assert claimed is not None
    writer = EventWriter(claimed)
    for _ in range(50):
        writer.text("word ")
    writer.emit("other", {"n": 1})
    assert types_of(run)[1:] in (["delta", "other"], ["delta", "delta", "other"])
    run.refresh_from_db()
    assert run.text == "word " * 50


def test_a_waiting_run_is_cancelled_at_once(parked: None, member: Any, superuser: Any, editor: Any) -> None:
    run = start_run("write", {}, actor=member)
    with pytest.raises(NotFound):
        cancel_run(run, actor=editor)
    assert cancel_run(run, actor=member).status == "cancelled"
    assert types_of(run) == ["queued", "cancelled"]
    assert cancel_run(run, actor=superuser).status == "cancelled"
    assert execute_run(run.pk) is False


def test_a_cancelled_run_stops_the_call_and_keeps_the_text(inline: TestingBackend, member: Any) -> None:
    def stop_in_the_middle(run: RunContext) -> None:
        request = LLMRequest([Message.user("x")])
        with gateway.stream(request, actor=run.actor, run=run) as events:
            for number, event in enumerate(events):
                run.text(getattr(event, "text", ""))
                if number == 1:
                    run.cancel.cancel()

    inline.script("one two three four five")
    with run_handlers.temporarily("stop", stop_in_the_middle):
        run = start_run("stop", {}, actor=member)
    assert (run.status, run.text) == ("cancelled", "one two ")
    call = LLMCall.objects.get()
    assert call.status == "incomplete"
    assert call.logs.get().output == "one two "


def test_the_sweeper_marks_what_nobody_works_on(parked: None, member: Any) -> None:
    heard: list[str] = []

    def listen(instance: Run, **kwargs: Any) -> None:
        heard.append(instance.status)

    alive, dead, unwanted = (start_run("write", {}, actor=member) for _ in range(3))
    for run in (alive, dead, unwanted):
        claim_run(run.pk)
    past = timezone.now() - timedelta(seconds=1)
    Run.objects.filter(pk__in=[dead.pk, unwanted.pk]).update(lease_until=past)
    Run.objects.filter(pk=unwanted.pk).update(status="cancelling", cancel_requested=True)
    run_finished.connect(listen)
    assert sweep_runs() == 2
    assert sweep_runs() == 0
    run_finished.disconnect(listen)
    states = dict(Run.objects.values_list("pk", "status"))
    assert (states[alive.pk], states[dead.pk], states[unwanted.pk]) == ("running", "interrupted", "cancelled")
    assert types_of(dead)[-1] == "interrupted"


def test_old_runs_are_deleted(inline: TestingBackend, member: Any) -> None:
    run = start_run("write", {"brief": "x"}, actor=member)
    assert delete_old_runs() == 0
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=31))
    assert delete_old_runs() == 1
    assert not RunEvent.objects.exists()
    assert LLMCall.objects.get().run is None


def test_runs_go_through_the_tasks_framework(
    settings: Any, testing_llm: TestingBackend, member: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "task"}
    for alias in llms:
        llms.use(alias, testing_llm)
    with django_capture_on_commit_callbacks(execute=True):
        run = start_run("refused", {}, actor=member)
    run.refresh_from_db()
    assert run.error_code == "not_now"


def test_runs_are_sent_to_celery(
    settings: Any, member: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, list[str]]] = []
    tasks: dict[str, Any] = {}

    def send_task(name: str, args: list[str]) -> None:
        sent.append((name, args))

    def task(*, name: str, acks_late: bool) -> Any:
        def decorate(function: Any) -> Any:
            tasks[name] = function
            return function

        return decorate

    app = SimpleNamespace(send_task=send_task, task=task)
    monkeypatch.setitem(sys.modules, "celery", SimpleNamespace(current_app=app))
    settings.AI_CMS = {"RUNNER": "celery"}
    with django_capture_on_commit_callbacks(execute=True):
        run = start_run("refused", {}, actor=member)
    assert sent == [(TASK_NAME, [str(run.pk)])]
    register(app)
    assert tasks[TASK_NAME](str(run.pk)) is True
    run.refresh_from_db()
    assert run.error_code == "not_now"


def test_an_executor_is_found_by_name(settings: Any) -> None:
    settings.AI_CMS = {"RUNNER": "tests.llm.test_runs.Parked"}
    assert isinstance(get_executor(), Parked)
    settings.AI_CMS = {"RUNNER": "ai_cms.llm.models.Run"}
    with pytest.raises(Exception, match="RUNNER"):
        get_executor()


def test_a_run_waits_for_a_person_without_a_worker(inline: TestingBackend, member: Any) -> None:
    def ask(run: RunContext) -> dict[str, int]:
        if run.run.attempt == 1:
            run.text("May I? ")
            raise RunPaused(timezone.now() + timedelta(minutes=10))
        run.text("Thanks.")
        return {"attempt": run.run.attempt}

    with run_handlers.temporarily("ask", ask):
        run = start_run("ask", {}, actor=member)
        assert (run.status, run.finished_at, run.worker) == ("requires_action", None, "")
        assert sweep_runs() == 0
        assert resume_run(run.pk, [("approval_answered", {"id": "a", "approved": True})])
        assert not resume_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.text, run.result) == ("done", "May I? Thanks.", {"attempt": 2})
    told = ["queued", "started", "delta", "requires_action", "approval_answered", "started", "delta", "done"]
    assert types_of(run) == told


def test_a_run_whose_person_does_not_come_goes_on(inline: TestingBackend, member: Any) -> None:
    def ask(run: RunContext) -> str:
        if run.run.attempt == 1:
            raise RunPaused(timezone.now() - timedelta(seconds=1))
        return "went on"

    with run_handlers.temporarily("ask", ask):
        run = start_run("ask", {}, actor=member)
        assert sweep_runs() == 1
    run.refresh_from_db()
    assert (run.status, run.result) == ("done", "went on")


def test_a_run_that_waits_for_a_person_can_be_cancelled(inline: TestingBackend, member: Any) -> None:
    def ask(run: RunContext) -> None:
        raise RunPaused(timezone.now() + timedelta(minutes=10))

    with run_handlers.temporarily("ask", ask):
        run = cancel_run(start_run("ask", {}, actor=member), actor=member)
        assert (run.status, resume_run(run.pk)) == ("cancelled", False)
