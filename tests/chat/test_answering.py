"""Answers: stopped, cut off, continued, written anew, steered, held to the model's window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from ai_cms.chat.branches import branch_of
from ai_cms.chat.context import context_for, gauge_of
from ai_cms.chat.exceptions import AnswerOpen, NotPossible
from ai_cms.chat.models import ContextSummary, Message
from ai_cms.chat.services import (
    continue_answer,
    delete_message,
    edit_and_branch,
    edit_message,
    regenerate,
    select_branch,
    send_message,
    stop_answers,
)
from ai_cms.chat.settling import settle_run
from ai_cms.core.exceptions import PermissionRefused
from ai_cms.llm.backends.testing import Fault, TestingBackend
from ai_cms.llm.credits.ledger import account_for
from ai_cms.llm.exceptions import LLMInputTooLong, LLMInterrupted, LLMUnavailable
from ai_cms.llm.messages import Finish, LLMRequest, LLMResponse, TextDelta
from ai_cms.llm.models import CreditEntry, LLMCall, Run
from ai_cms.llm.runs.execution import claim_run, execute_run
from ai_cms.llm.runs.services import cancel_run

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Any], APIClient]


def ask(talk: Any, user: Any, text: str = "Tell me about roses, please.") -> Any:
    talk.refresh_from_db()
    return send_message(talk, text, actor=user)


def shown(talk: Any) -> list[str]:
    talk.refresh_from_db()
    return [message.content for message in branch_of(talk, talk.active_leaf)]


def test_a_model_is_told_what_went_before(ann: Any, talk: Any, model: TestingBackend) -> None:
    ask(talk, ann, "One")
    ask(talk, ann, "Two")
    roles = [(turn.role, turn.text) for turn in model.requests[1].messages]
    assert roles[1:] == [("user", "One"), ("assistant", "A test answer."), ("user", "Two")]
    assert "You know plants." in roles[0][1] and "<<<" in roles[0][1]


def test_an_answer_that_broke_off_keeps_its_text_and_is_charged_once(
    ann: Any, talk: Any, model: TestingBackend
) -> None:
    before = account_for(ann, "text").balance
    model.script(Fault(LLMInterrupted(), "Roses are "), "red.")
    answer = ask(talk, ann).answers[0]
    assert (answer.content, answer.status, answer.error_code) == ("Roses are ", "interrupted", "ai_interrupted")
    assert answer.run.text == answer.content
    assert CreditEntry.objects.filter(kind="charge").count() == 1
    assert before - account_for(ann, "text").balance == answer.tokens_used > 0
    again = continue_answer(answer, actor=ann).answers[0]
    assert (again.pk, again.content, again.status) == (answer.pk, "Roses are red.", "complete")
    assert model.requests[-1].messages[-2].text == "Roses are"
    assert CreditEntry.objects.filter(kind="charge").count() == 2
    assert account_for(ann, "text").reserved == 0
    with pytest.raises(NotPossible):
        continue_answer(again, actor=ann)


def test_an_answer_that_never_came_is_tried_again(ann: Any, talk: Any, model: TestingBackend, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_RETRIES": 0}
    from ai_cms.llm.handler import llms

    backend: Any = llms["default"]
    backend.script(LLMUnavailable(), "Here.")
    answer = ask(talk, ann).answers[0]
    assert (answer.content, answer.status, answer.error_code) == ("", "failed", "ai_unavailable")
    assert continue_answer(answer, actor=ann).answers[0].content == "Here."


def test_a_fallback_answers(ann: Any, talk: Any, model: TestingBackend, settings: Any) -> None:
    from ai_cms.llm.handler import llms

    aliases: Any = settings.AI_CMS["LLM"]
    aliases = {**aliases, "default": {**aliases["default"], "FALLBACK": ["other"]}}
    settings.AI_CMS = {**settings.AI_CMS, "LLM": aliases, "LLM_RETRIES": 0}
    backend: Any = llms["default"]
    backend.script(LLMUnavailable())
    answer = ask(talk, ann).answers[0]
    assert (answer.content, answer.model, answer.status) == ("A test answer.", "m-2", "complete")


def test_another_answer_is_a_branch_beside_it(ann: Any, talk: Any, model: TestingBackend) -> None:
    model.script("First.", "Second.", "Third.")
    first = ask(talk, ann, "Why?").answers[0]
    second = regenerate(first, actor=ann).answers[0]
    assert (second.parent_id, second.content) == (first.parent_id, "Second.")
    assert shown(talk) == ["Why?", "Second."]
    select_branch(first, actor=ann)
    assert shown(talk) == ["Why?", "First."]
    ask(talk, ann, "Really?")
    assert shown(talk) == ["Why?", "First.", "Really?", "Third."]
    assert [turn.text for turn in model.requests[-1].messages[1:]] == ["Why?", "First.", "Really?"]
    select_branch(second, actor=ann)
    assert shown(talk) == ["Why?", "Second."]
    with pytest.raises(NotPossible):
        regenerate(first.parent, actor=ann)


def test_another_question_is_a_branch_beside_it(ann: Any, bob: Any, talk: Any, model: TestingBackend) -> None:
    asked = ask(talk, ann, "Why?").message
    made = edit_and_branch(asked, "Why not?", actor=ann)
    assert (made.message.parent_id, made.message.content) == (asked.parent_id, "Why not?")
    assert shown(talk) == ["Why not?", "A test answer."]
    asked.refresh_from_db()
    assert asked.content == "Why?"
    with pytest.raises(Exception, match=r"Not found|permission"):
        edit_and_branch(asked, "Mine", actor=bob)
    with pytest.raises(NotPossible):
        edit_and_branch(made.answers[0], "Not mine", actor=ann)


def test_a_waiting_answer_is_stopped(ann: Any, talk: Any, parked: TestingBackend) -> None:
    answer = ask(talk, ann).answers[0]
    with pytest.raises(AnswerOpen):
        select_branch(answer, actor=ann)
    with pytest.raises(NotPossible):
        regenerate(answer, actor=ann)
    assert stop_answers(talk, actor=ann) == 1
    answer.refresh_from_db()
    assert (answer.status, answer.content, account_for(ann, "text").reserved) == ("stopped", "", 0)
    assert not execute_run(answer.run_id)
    assert stop_answers(talk, actor=ann) == 0


def test_an_answer_is_stopped_while_it_is_written(ann: Any, talk: Any, parked: TestingBackend) -> None:
    def leave(request: LLMRequest) -> str:
        # As another request and the watch thread would.
        cancel_run(Run.objects.get(), actor=ann)
        request.cancel.cancel()
        return "Never seen."

    parked.script(leave)
    answer = ask(talk, ann).answers[0]
    execute_run(answer.run_id)
    answer.refresh_from_db()
    assert (answer.status, answer.run.status) == ("stopped", "cancelled")
    assert account_for(ann, "text").reserved == 0


def test_a_message_sent_meanwhile_is_taken_up_by_the_same_run(ann: Any, talk: Any, parked: TestingBackend) -> None:
    steering: list[Any] = []

    def while_writing(request: LLMRequest) -> str:
        talk.refresh_from_db()
        steering.append(send_message(talk, "In German, please.", actor=ann))
        return "Roses are red."

    parked.script(while_writing, "Rosen sind rot.")
    first = ask(talk, ann).answers[0]
    execute_run(first.run_id)
    second = steering[0].answers[0]
    assert second.run_id == first.run_id
    second.refresh_from_db()
    assert (second.content, second.status) == ("Rosen sind rot.", "complete")
    texts = [turn.text for turn in parked.requests[1].messages[1:]]
    assert texts == ["Tell me about roses, please.", "Roses are red.", "In German, please."]
    assert shown(talk)[-2:] == ["In German, please.", "Rosen sind rot."]
    assert Run.objects.count() == 1
    assert first.run.text == "" and Run.objects.get().text == "Roses are red.Rosen sind rot."


def test_what_a_dead_process_leaves_is_closed_with_its_text(ann: Any, talk: Any, parked: TestingBackend) -> None:
    answer = ask(talk, ann).answers[0]
    run = claim_run(answer.run_id)
    assert run is not None
    from ai_cms.chat.answering import _next_answer
    from ai_cms.llm.runs.context import RunContext

    context = RunContext(run)
    assert _next_answer(context, 0) == answer
    context.events.text("Roses are ")
    context.events.flush()
    live = Message.objects.select_related("run").get(pk=answer.pk)
    assert (live.content, live.live_content) == ("", "Roses are ")
    Run.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00Z", worker="")
    more = ask(talk, ann, "Are you there?")
    answer.refresh_from_db()
    assert (answer.content, answer.status, answer.error_code) == ("Roses are ", "interrupted", "ai_interrupted")
    assert more.answers[0].run_id != answer.run_id
    assert account_for(ann, "text").reserved == LLMCall.objects.reservations().get().hold
    assert settle_run(Run.objects.get(pk=run.pk)) == 0


def test_the_window_is_kept_and_what_is_left_out_is_summed_up(
    ann: Any, talk: Any, agent: Any, model: TestingBackend, settings: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_CONTEXT_TOKENS": 700}
    from ai_cms.llm.handler import llms

    backend: Any = llms["default"]
    long = "The roses in the old garden are cut in March. " * 15
    for number in range(3):
        ask(talk, ann, f"{number}. {long}")
    assert not ContextSummary.objects.exists()
    backend.script("SUMMARY: roses, March.", "After.")
    asked = ask(talk, ann, f"3. {long}")
    summary = ContextSummary.objects.get()
    assert (summary.text, summary.model) == ("SUMMARY: roses, March.", "m-1")
    assert summary.covered == ContextSummary.objects.get().message.number
    sent = backend.requests[-1].messages
    assert "SUMMARY: roses, March." in sent[1].text and "<<<" in sent[1].text
    assert sent[-1].text.startswith("3. The roses")
    assert asked.answers[0].content == "After."
    talk.refresh_from_db()
    gauge = gauge_of(talk)
    assert gauge["summary"] == summary.text and gauge["left_out"] == summary.covered
    assert 0 < gauge["tokens"] <= gauge["limit"] == 700 and gauge["percent"] <= 100
    calls = len(backend.requests)
    ask(talk, ann, "Short.")
    # The summary is made once, and used again.
    assert len(backend.requests) == calls + 1
    assert LLMCall.objects.filter(task="chat_summary").count() == 1


def test_a_summary_that_fails_costs_no_answer(ann: Any, talk: Any, model: TestingBackend, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_CONTEXT_TOKENS": 500, "LLM_RETRIES": 0}
    from ai_cms.llm.handler import llms

    backend: Any = llms["default"]
    for number in range(2):
        ask(talk, ann, f"{number} " + "roses in the garden " * 40)
    backend.script(LLMUnavailable(), "All the same.")
    assert ask(talk, ann, "2 " + "roses in the garden " * 40).answers[0].content == "All the same."


def test_an_input_that_is_too_long_is_halved_once(ann: Any, talk: Any, model: TestingBackend) -> None:
    for number in range(3):
        ask(talk, ann, f"{number} " + "roses in the garden " * 40)
    sizes: list[int] = []

    def narrow(request: LLMRequest) -> Any:
        if request.task == "chat_summary":
            return "SUMMARY"
        sizes.append(sum(len(turn.text) for turn in request.messages))
        return LLMInputTooLong() if len(sizes) in (1, 3, 4) else "Shorter."

    model.script(*[narrow] * 6)
    answer = ask(talk, ann, "And now?").answers[0]
    assert answer.content == "Shorter."
    assert sizes[1] < sizes[0] * 0.75
    assert ask(talk, ann, "And now?").answers[0].error_code == "ai_input_too_long"


def test_no_transaction_is_open_while_a_model_thinks(
    ann: Any, talk: Any, parked: TestingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth = len(connection.atomic_blocks)
    seen: list[int] = []

    def think(request: LLMRequest) -> str:
        seen.append(len(connection.atomic_blocks))
        return "Thought."

    parked.script(think)
    execute_run(ask(talk, ann).answers[0].run_id)
    assert seen == [depth]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_a_model_thinks(model: TestingBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    from ai_cms.chat.services import create_conversation
    from tests.conftest import make_user

    user = make_user("thinker")
    talk = create_conversation(actor=user)
    held: list[bool] = []

    def think(self: TestingBackend, request: LLMRequest) -> Iterator[Any]:
        for piece in ("Think", "ing ", "it ", "over."):
            held.append(connection.connection is not None)
            # Long enough that the text so far is shown with the next piece.
            time.sleep(0.1)
            yield TextDelta(piece)
        yield Finish(LLMResponse("Thinking it over."))

    # As a backend that calls a provider over the network.
    monkeypatch.setattr(type(model), "makes_real_calls", True)
    from ai_cms.llm.backends.base import real_calls

    monkeypatch.setattr(real_calls, "allowed", True)
    monkeypatch.setattr(type(model), "_stream", think)

    def work() -> None:
        try:
            send_message(talk, "Hello", actor=user)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert held == [False] * 4
    assert Message.objects.get(role="assistant").content == "Thinking it over."


def test_messages_are_changed_and_deleted_by_their_author(ann: Any, bob: Any, talk: Any, model: TestingBackend) -> None:
    sent = ask(talk, ann, "Wrong")
    changed = edit_message(sent.message, "Right", actor=ann)
    assert (changed.content, changed.edited_at is not None, changed.change) == ("Right", True, 5)
    for message in (sent.message, sent.answers[0]):
        with pytest.raises(Exception, match="Not found"):
            edit_message(message, "x", actor=bob)
    with pytest.raises(PermissionRefused):
        edit_message(sent.answers[0], "I said so", actor=ann)
    delete_message(sent.answers[0], actor=ann)
    delete_message(sent.answers[0], actor=ann)
    gone = Message.objects.get(pk=sent.answers[0].pk)
    assert (gone.content, gone.is_deleted) == ("", True)
    context = context_for(talk, talk.agent, Message(conversation=talk, role="user", content="?", parent=gone))
    assert [turn.text for turn in context.turns[1:]] == ["Right", "?"]


def test_branches_over_rest(
    ann: Any, talk: Any, model: TestingBackend, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    api = client_of(ann)
    model.script("First.", "Second.", "Third.")
    answer = ask(talk, ann, "Why?").answers[0]
    made = api.post(f"/api/messages/{answer.pk}/regenerate/", {}, format="json")
    assert (made.status_code, made.json()["assistant_message"]["content"]) == (201, "Second.")
    asked = api.post(f"/api/messages/{answer.parent_id}/branch/", {"content": "How?"}, format="json")
    assert (asked.status_code, asked.json()["assistant_message"]["content"]) == (201, "Third.")
    selected = api.post(f"/api/messages/{answer.pk}/select/", {}, format="json")
    assert selected.status_code == 200
    with django_assert_max_num_queries(6):
        detail = api.get(f"/api/conversations/{talk.pk}/").json()
    assert [message["content"] for message in detail["messages"]] == ["Why?", "First."]
    assert detail["siblings"][str(answer.pk)] == [str(answer.pk), made.json()["assistant_message"]["id"]]
    assert (detail["has_more"], detail["active_leaf"]) == (False, str(answer.pk))
    assert api.post(f"/api/messages/{answer.pk}/continue/", {}, format="json").status_code == 409
    assert api.post(f"/api/conversations/{talk.pk}/stop/", {}, format="json").json() == {"stopped": 0}
    gauge = api.get(f"/api/conversations/{talk.pk}/context/").json()
    assert set(gauge) == {"tokens", "limit", "window", "percent", "left_out", "summary"}
    reacted = api.post(f"/api/messages/{answer.pk}/reactions/", {"emoji": "🌹"}, format="json").json()
    assert reacted["reactions"] == [{"emoji": "🌹", "count": 1, "mine": True}]
    assert api.post(f"/api/messages/{answer.pk}/reactions/", {"emoji": "<b>"}, format="json").status_code == 400
    assert api.delete(f"/api/messages/{answer.pk}/reactions/?emoji=🌹").status_code == 204
    assert api.get(f"/api/messages/{answer.pk}/").json()["reactions"] == []


@pytest.mark.django_db(transaction=True)
def test_a_stop_reaches_the_thread_that_writes(model: TestingBackend, settings: Any) -> None:
    from ai_cms.chat.services import create_conversation, wait_for
    from tests.conftest import make_user

    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "thread"}
    from ai_cms.llm.handler import llms

    backend: Any = llms["default"]
    backend.answer, backend.delay = "word " * 2000, 0.02
    user = make_user("hasty")
    talk = create_conversation(actor=user)
    [answer] = send_message(talk, "Write a book.", actor=user).answers
    for _moment in range(500):
        if Run.objects.get().text:
            break
        time.sleep(0.02)
    live = Message.objects.select_related("run").get(pk=answer.pk)
    assert live.status == "streaming" and live.live_content.startswith("word ")
    assert stop_answers(talk, actor=user) == 1
    [stopped] = wait_for([answer], 30)
    assert stopped.status == "stopped" and stopped.run.status == "cancelled"
    assert stopped.content == stopped.run.text and 0 < len(stopped.content) < len(backend.answer) / 2
    assert CreditEntry.objects.filter(kind="charge").count() == 1
    assert account_for(user, "text").reserved == 0
