"""A message is sent: once, with its answer, its run and its credits, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from ai_cms.chat import get_conversation_model
from ai_cms.chat.exceptions import InvalidMessage, NoAgent, TooManyAnswers
from ai_cms.chat.models import Message
from ai_cms.chat.services import create_conversation, send_message, update_agent
from ai_cms.core.exceptions import NotFound, PermissionRefused, Unprocessable
from ai_cms.core.permissions import Actor
from ai_cms.llm.credits.ledger import account_for
from ai_cms.llm.exceptions import LLMCreditsExhausted
from ai_cms.llm.models import LLMCall, Run
from ai_cms.llm.runs.execution import execute_run
from ai_cms.llm.runs.services import cancel_run
from tests.core.parallel import at_once

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Any], APIClient]


def test_message_answer_run_and_credits_are_there_together(ann: Any, talk: Any, parked: Any) -> None:
    sent = send_message(talk, "How are roses cut?", actor=ann)
    [answer] = sent.answers
    assert (sent.message.role, sent.message.content, sent.message.status) == ("user", "How are roses cut?", "complete")
    assert (answer.role, answer.content, answer.status, answer.parent_id) == (
        "assistant",
        "",
        "queued",
        sent.message.pk,
    )
    run = Run.objects.get()
    assert (run.user, run.status, answer.run_id, sent.message.run_id) == (ann, "queued", run.pk, run.pk)
    call = LLMCall.objects.get()
    assert (call.run_id, call.status, call.hold) == (run.pk, "reserved", account_for(ann, "text").reserved)
    assert call.hold > 4096
    talk.refresh_from_db()
    assert (talk.active_leaf, talk.last_number, talk.last_change) == (answer.pk, 2, 2)
    execute_run(run.pk)
    answer.refresh_from_db()
    call.refresh_from_db()
    assert (answer.content, answer.status, answer.model) == ("A test answer.", "complete", "m-1")
    assert (call.status, call.charged, answer.tokens_used) == ("complete", answer.tokens_used, call.charged)
    assert account_for(ann, "text").reserved == 0
    assert LLMCall.objects.count() == 1


def test_what_fails_leaves_nothing(ann: Any, talk: Any, parked: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_ALLOWANCES": {"free": {"text": 0, "image": 0}}}
    with pytest.raises(LLMCreditsExhausted):
        send_message(talk, "Hello", actor=ann)
    assert (Message.objects.count(), Run.objects.count(), LLMCall.objects.count()) == (0, 0, 0)
    talk.refresh_from_db()
    assert (talk.last_number, talk.active_leaf) == (0, None)


def test_a_repetition_is_one_message(ann: Any, talk: Any, model: Any) -> None:
    first = send_message(talk, "Hello", actor=ann, client_id="c-1")
    again = send_message(talk, "Hello", actor=ann, client_id="c-1")
    assert (again.message, again.answers, again.created, first.created) == (first.message, first.answers, False, True)
    by_key = send_message(talk, "More", actor=ann, request_key="k-1")
    assert send_message(talk, "More", actor=ann, request_key="k-1").message == by_key.message
    for keys in ({"client_id": "c-1"}, {"request_key": "k-1"}):
        with pytest.raises(Unprocessable):
            send_message(talk, "Something else", actor=ann, **keys)
    assert len(model.requests) == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_message(model: Any) -> None:
    from tests.conftest import make_user

    user = make_user("hasty")
    talk = create_conversation(actor=user)

    def click(index: int) -> Any:
        return send_message(talk, "Hello", actor=user, client_id="same").message.pk

    assert len(set(at_once(4, click))) == 1
    assert (Message.objects.count(), Run.objects.count(), len(model.requests)) == (2, 1, 1)


def test_text_and_agent_are_looked_at(ann: Any, talk: Any, agent: Any, model: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_MESSAGE_CHARACTERS": 10}
    for text in ("", "  \n", "x" * 11):
        with pytest.raises(InvalidMessage):
            send_message(talk, text, actor=ann)
    send_message(talk, "a\x00b", actor=ann)
    assert "\x00" not in Message.objects.first().content
    update_agent(agent, actor=ann, is_active=False)
    talk.refresh_from_db()
    with pytest.raises(NoAgent):
        send_message(talk, "Hello", actor=ann)


def test_nobody_writes_into_the_conversation_of_another(ann: Any, bob: Any, talk: Any, superuser: Any) -> None:
    for other in (bob, superuser, None):
        with pytest.raises((NotFound, PermissionRefused)):
            send_message(talk, "Hello", actor=other)
    with pytest.raises(PermissionRefused):
        send_message(talk, "Hello", actor=Actor(user=ann, scopes=frozenset({"read"}), via="token"))
    assert not Message.objects.exists()


def test_answers_at_once_are_limited(ann: Any, talk: Any, parked: Any, settings: Any, agent: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_ANSWERS_PER_USER": 1}
    sent = send_message(talk, "One", actor=ann)
    other = create_conversation(actor=ann, agent=agent)
    with pytest.raises(TooManyAnswers):
        send_message(other, "Two", actor=ann)
    cancel_run(sent.answers[0].run, actor=ann)
    assert send_message(other, "Two", actor=ann).created


def test_a_title_is_made_of_the_first_exchange(ann: Any, agent: Any, model: Any) -> None:
    model.script("Hello, what about **roses**?", "Cut them in March.")
    greeted = create_conversation(actor=ann, agent=agent)
    send_message(greeted, "Hi", actor=ann)
    greeted.refresh_from_db()
    assert greeted.title == "Hello, what about roses ?" or greeted.title == "Hello, what about roses?"
    asked = create_conversation(actor=ann, agent=agent)
    send_message(asked, "# How are roses cut in spring?\n\nThanks", actor=ann)
    asked.refresh_from_db()
    assert asked.title == "How are roses cut in spring?"
    named = create_conversation(actor=ann, agent=agent, title="Mine")
    send_message(named, "How are roses cut in spring?", actor=ann)
    named.refresh_from_db()
    assert named.title == "Mine"


def test_send_message_over_rest(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    path = f"/api/conversations/{talk.pk}/send_message/"
    sent = api.post(path, {"content": "Hello"}, format="json")
    assert sent.status_code == 201, sent.json()
    body = sent.json()
    assert (body["user_message"]["content"], body["assistant_message"]["content"]) == ("Hello", "A test answer.")
    assert (body["assistant_message"]["agent_name"], body["user_message"]["author_name"]) == ("Gardener", "ann")
    assert api.get(body["events"] + "?after=0").status_code == 200
    assert api.post(path, {"contents": "typo"}, format="json").status_code == 400
    assert api.post(path, {"content": ""}, format="json").json() == {"content": ["Write something."]}
    assert APIClient().post(path, {"content": "x"}, format="json").status_code == 401


def test_who_does_not_wait_is_told_where_to_look(ann: Any, talk: Any, parked: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    path = f"/api/conversations/{talk.pk}/send_message/"
    sent = api.post(path, {"content": "Hello"}, format="json", headers={"Prefer": "respond-async"})
    assert (sent.status_code, sent.headers["Preference-Applied"]) == (202, "respond-async")
    assert sent.json()["assistant_message"]["status"] == "queued"
    execute_run(sent.json()["run"])
    answer = api.get(f"/api/messages/{sent.json()['assistant_message']['id']}/").json()
    assert (answer["content"], answer["status"]) == ("A test answer.", "complete")


def test_a_key_makes_a_repeated_request_one(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    path = f"/api/conversations/{talk.pk}/send_message/"
    headers = {"Idempotency-Key": "one-and-only"}
    first = api.post(path, {"content": "Hello"}, format="json", headers=headers)
    again = api.post(path, {"content": "Hello"}, format="json", headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["user_message"]["id"] == again.json()["user_message"]["id"]
    assert api.post(path, {"content": "Other"}, format="json", headers=headers).status_code == 422
    assert api.post(path, {"content": "x"}, format="json", headers={"Idempotency-Key": "\x7f"}).status_code == 400
    assert Message.objects.count() == 2


def test_the_events_come_as_the_answer(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    path = f"/api/conversations/{talk.pk}/send_message/"
    sent = api.post(path, {"content": "Hello", "stream": True}, format="json")
    assert sent.headers["Content-Type"].startswith("text/event-stream")
    text = b"".join(sent.streaming_content).decode()
    names = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    assert names == ["queued", "started", "step", "delta", "usage", "done"]
    answer = Message.objects.get(role="assistant")
    assert sent.headers["AI-CMS-Message"] == str(answer.pk)
    assert f'"message":"{answer.pk}"' in text
    resumed = api.get(f"/api/runs/{sent.headers['AI-CMS-Run']}/events/", headers={"Last-Event-ID": "4"})
    assert b"event: step" not in b"".join(resumed.streaming_content)


def test_a_busy_server_does_not_hold_more_threads(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    from ai_cms.llm import seats

    seats._taken = seats.share()
    sent = client_of(ann).post(f"/api/conversations/{talk.pk}/send_message/", {"content": "Hello"}, format="json")
    # The inline runner has written it meanwhile; without one it would be 202.
    assert sent.status_code == 201


def test_conversations_go_with_their_owner_alone(ann: Any, talk: Any, model: Any) -> None:
    send_message(talk, "Hello", actor=ann)
    ann.delete()
    assert not get_conversation_model().objects.exists()
    assert not Message.objects.exists()


def test_messages_are_kept_in_few_queries(ann: Any, talk: Any, parked: Any, django_assert_max_num_queries: Any) -> None:
    send_message(talk, "Before", actor=ann)
    execute_run(Run.objects.get().pk)
    talk.refresh_from_db()
    with django_assert_max_num_queries(45, connection=connection):
        send_message(talk, "Hello", actor=ann)
