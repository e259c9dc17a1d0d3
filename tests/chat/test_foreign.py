"""Clients of the AI SDK and of AG-UI over REST: they send, are shown the run, come back, and answer what is asked."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from rest_framework.test import APIClient

from ai_cms.chat.models import Message, ToolApproval
from ai_cms.chat.services import add_agent, create_conversation, create_room, delete_message, send_message
from ai_cms.core.tokens import create_token
from ai_cms.llm.messages import ToolCall
from ai_cms.llm.models import Run
from ai_cms.llm.runs.execution import execute_run
from ai_cms.llm.seats import leave_seat, take_seat
from ai_cms.llm.tools.registry import Tool, ToolContext, tools

from .streams.validators import CHECKS

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Any], APIClient]
both = pytest.mark.parametrize("name", ["ai-sdk", "ag-ui"])


def parts(response: Any) -> list[dict[str, Any]]:
    body = response.content if hasattr(response, "content") else b"".join(response)
    lines = [line.removeprefix("data: ") for line in body.decode().split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def text_of(found: list[dict[str, Any]]) -> str:
    return "".join(part["delta"] for part in found if part["type"] in ("text-delta", "TEXT_MESSAGE_CONTENT"))


def said(name: str, text: str, id: str = "u1", **more: Any) -> dict[str, Any]:
    """Return what a client posts after a person has said something."""
    if name == "ai-sdk":
        message = {"id": id, "role": "user", "parts": [{"type": "text", "text": text}]}
        return {"id": "chat-1", "trigger": "submit-message", "messages": [message], **more}
    return {"threadId": "t", "runId": "run-1", "messages": [{"id": id, "role": "user", "content": text}], **more}


def answered(name: str, *approvals: tuple[str, bool]) -> dict[str, Any]:
    """Return what a client posts after a person has decided."""
    if name == "ai-sdk":
        calls = [
            {"type": "dynamic-tool", "state": "approval-responded", "approval": {"id": id, "approved": yes}}
            for id, yes in approvals
        ]
        return {"id": "chat-1", "messages": [{"id": "a1", "role": "assistant", "parts": calls}]}
    resume = [{"interruptId": id, "status": "resolved", "payload": {"approved": yes}} for id, yes in approvals]
    return {"threadId": "t", "runId": "run-2", "messages": [], "resume": resume}


def quiet(name: str) -> dict[str, Any]:
    """Return what a client posts where nobody has said or decided anything."""
    return {"id": "chat-1", "messages": []} if name == "ai-sdk" else {"threadId": "t", "runId": "run-3", "messages": []}


def address(talk: Any, name: str) -> str:
    return f"/api/conversations/{talk.pk}/chat/?protocol={name}"


@both
def test_a_message_is_sent_and_its_answer_streamed(
    ann: Any, talk: Any, model: Any, client_of: ClientOf, name: str
) -> None:
    api = client_of(ann)
    response = api.post(address(talk, name), said(name, "How are roses cut?"), format="json")
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    found = parts(response)
    CHECKS[name](found)
    question, answer = Message.objects.order_by("number")
    assert (question.content, question.client_id, text_of(found)) == ("How are roses cut?", "u1", answer.content)
    assert (response["AI-CMS-Message"], response["AI-CMS-Run"]) == (str(answer.pk), str(answer.run_id))
    if name == "ai-sdk":
        assert found[0]["messageId"] == str(answer.pk)
    else:
        assert (found[0]["threadId"], found[0]["runId"]) == (str(talk.pk), "run-1")
    # Sent again it is the same message, and the same stream.
    again = api.post(address(talk, name), said(name, "How are roses cut?"), format="json")
    assert parts(again) == found
    assert (Message.objects.count(), len(model.requests)) == (2, 1)
    # And the address that it names for coming back is that stream.
    assert parts(api.get(response["Content-Location"])) == found
    other = api.post(address(talk, name), said(name, "Something else"), format="json")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@both
def test_a_lost_stream_goes_on_by_the_id_of_the_last_part(
    ann: Any, talk: Any, model: Any, client_of: ClientOf, name: str
) -> None:
    api = client_of(ann)
    answer = send_message(talk, "Hello", actor=ann).answers[0]
    path = f"/api/messages/{answer.pk}/events/?protocol={name}"
    page = api.get(f"{path}&poll=true").json()
    whole = [frame["part"] for frame in page["frames"]]
    assert page["over"] is True and len(whole) > 4
    CHECKS[name](whole)
    assert parts(api.get(path)) == whole
    for index, frame in enumerate(page["frames"]):
        assert parts(api.get(path, HTTP_LAST_EVENT_ID=frame["id"])) == whole[index + 1 :]
        assert [one["part"] for one in api.get(f"{path}&poll=1&after={frame['id']}").json()["frames"]] == whole[
            index + 1 :
        ]
    assert api.get(path, HTTP_LAST_EVENT_ID="x").status_code == 400


def test_the_events_of_an_answer_in_the_sites_own_words(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    answer = send_message(talk, "Hello", actor=ann).answers[0]
    body = b"".join(client_of(ann).get(f"/api/messages/{answer.pk}/events/")).decode()
    assert "event: delta" in body and "event: done" in body
    assert "event: step" not in b"".join(client_of(ann).get(f"/api/messages/{answer.pk}/events/?after=3")).decode()
    assert client_of(ann).get(f"/api/messages/{answer.pk}/events/?poll=true").status_code == 400


@both
def test_other_routes_stream_in_a_protocol_too(ann: Any, talk: Any, model: Any, client_of: ClientOf, name: str) -> None:
    api = client_of(ann)
    response = api.post(
        f"/api/conversations/{talk.pk}/send_message/?protocol={name}", {"content": "Hello"}, format="json"
    )
    CHECKS[name](parts(response))
    answer = Message.objects.get(role="assistant")
    again = api.post(f"/api/messages/{answer.pk}/regenerate/?protocol={name}", {}, format="json")
    CHECKS[name](parts(again))
    assert again["AI-CMS-Message"] == str(Message.objects.filter(role="assistant").latest("number").pk)


def test_a_wrong_name_is_refused_before_anything_is_sent(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    for path in ("send_message/?protocol=sse", "chat/?protocol=sse", "chat/"):
        response = api.post(f"/api/conversations/{talk.pk}/{path}", {"content": "Hello"}, format="json")
        assert response.status_code == 400 and "protocol" in response.content.decode()
    assert not Message.objects.exists()


@both
def test_where_no_thread_is_free_nothing_is_sent(
    ann: Any, talk: Any, model: Any, client_of: ClientOf, settings: Any, name: str
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "WEB_THREADS": 2}
    assert take_seat()
    try:
        response = client_of(ann).post(address(talk, name), said(name, "Hello"), format="json")
    finally:
        leave_seat()
    assert response.status_code == 503 and not Message.objects.exists()


@both
def test_nonsense_is_refused(ann: Any, talk: Any, model: Any, client_of: ClientOf, name: str) -> None:
    api = client_of(ann)
    files = {"id": "u1", "role": "user", "parts": [{"type": "file", "url": "data:,"}], "content": [{"type": "binary"}]}
    for body in (
        {},
        {"messages": "x"},
        quiet(name),
        said(name, " "),
        {**said(name, "x"), "messages": [files]},
        answered(name, ("no-id", True)),
        answered(name, (str(uuid.uuid4()), True)),
    ):
        response = api.post(address(talk, name), body, format="json")
        assert response.status_code == 400, (body, response.content)
    assert api.post(address(talk, name), b"[1]", content_type="application/json").status_code == 400
    regenerate = api.post(
        address(talk, "ai-sdk"), {**said("ai-sdk", "x"), "trigger": "regenerate-message"}, format="json"
    )
    assert regenerate.status_code == 409
    assert not Message.objects.exists()


def test_the_last_answer_anew(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    api.post(address(talk, "ai-sdk"), said("ai-sdk", "Hello"), format="json")
    body = {**said("ai-sdk", "Hello"), "trigger": "regenerate-message"}
    CHECKS["ai-sdk"](parts(api.post(address(talk, "ai-sdk"), body, format="json")))
    assert api.post(address(talk, "ai-sdk"), body, format="json", HTTP_IDEMPOTENCY_KEY="k").status_code == 400
    question, first, second = Message.objects.order_by("number")
    assert first.parent_id == second.parent_id == question.pk


@both
def test_an_answer_that_is_being_written_is_taken_up(
    ann: Any, talk: Any, parked: Any, client_of: ClientOf, name: str
) -> None:
    api = client_of(ann)
    assert api.get(address(talk, name)).status_code == 204
    answer = send_message(talk, "Hello", actor=ann).answers[0]
    page = api.get(f"/api/messages/{answer.pk}/events/?protocol={name}&poll=true").json()
    assert page["over"] is False
    response = api.get(address(talk, name))
    assert answer.run is not None
    # The stream is read once the run was carried out, and holds it all the same.
    execute_run(answer.run.pk)
    found = parts(response)
    CHECKS[name](found)
    assert text_of(found) == "A test answer."
    assert api.get(address(talk, name)).status_code == 204


# Rights


@both
def test_only_who_may_read_the_conversation_watches(
    ann: Any, bob: Any, superuser: Any, talk: Any, agent: Any, model: Any, client_of: ClientOf, name: str
) -> None:
    answer = send_message(talk, "Hello", actor=ann).answers[0]
    for path in (f"/api/messages/{answer.pk}/events/?protocol={name}", address(talk, name)):
        for user in (bob, superuser):
            assert client_of(user).get(path).status_code == 404
        assert APIClient().get(path).status_code == 401
    for user in (bob, superuser):
        assert client_of(user).post(address(talk, name), said(name, "x"), format="json").status_code == 404
    assert APIClient().post(address(talk, name), said(name, "x"), format="json").status_code == 401
    _token, secret = create_token(ann, scopes=["read"])
    reader = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert reader.post(address(talk, name), said(name, "x"), format="json").status_code == 403
    assert reader.get(f"/api/messages/{answer.pk}/events/?protocol={name}").status_code == 200
    assert Message.objects.count() == 2


def test_members_of_a_room_watch_and_others_do_not(
    ann: Any, bob: Any, superuser: Any, agent: Any, model: Any, client_of: ClientOf
) -> None:
    room = create_room(actor=ann, title="Garden", is_public=True)
    add_agent(room, agent, actor=ann)
    answer = send_message(room, "@Gardener, hello", actor=ann).answers[0]
    path = f"/api/messages/{answer.pk}/events/?protocol=ai-sdk"
    assert client_of(bob).get(path).status_code == 200
    room.is_public = False
    room.save()
    assert client_of(bob).get(path).status_code == 404
    # A room is no chat of one person with an agent.
    assert client_of(ann).get(address(room, "ai-sdk")).status_code == 404


def test_what_was_deleted_is_not_shown_as_events(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    answer = send_message(talk, "Hello", actor=ann).answers[0]
    path = f"/api/messages/{answer.pk}/events/?protocol=ai-sdk"
    assert client_of(ann).get(path).status_code == 200
    delete_message(answer, actor=ann)
    assert client_of(ann).get(path).status_code == 404
    api = client_of(ann)
    assert api.get("/api/messages/no-id/events/?protocol=ai-sdk").status_code == 404


# A person is asked


class Arguments(BaseModel):
    text: str = ""


@pytest.fixture
def erased() -> Iterator[list[str]]:
    """Register a tool that needs a person, and return what was done with it."""
    done: list[str] = []

    def work(context: ToolContext, arguments: Arguments) -> str:
        done.append(arguments.text)
        return "Erased."

    with tools.temporarily("erase", Tool("erase", work, Arguments, "Erase.", "destructive")):
        yield done


@pytest.fixture
def asking(ann: Any, tooled: Any, model: Any, erased: list[str]) -> Any:
    """Return a conversation whose agent wants to erase two things."""
    calls = [ToolCall("c1", "erase", '{"text": "a"}'), ToolCall("c2", "erase", '{"text": "b"}')]
    model.script(calls, "Done.")
    return create_conversation(actor=ann, agent=tooled("erase"))


def check_on(name: str, *streams: list[dict[str, Any]]) -> None:
    """Assert that a client takes streams of one run as they come, each after the end of the one before."""
    whole = [part for stream in streams[:-1] for part in stream[:-1]]
    joined = [part for part in whole if part["type"] not in ("start", "RUN_STARTED")]
    CHECKS[name]([streams[0][0], *joined, *streams[-1][1:]])


def waiting_for(found: list[dict[str, Any]], name: str) -> list[str]:
    if name == "ai-sdk":
        return [part["approvalId"] for part in found if part["type"] == "tool-approval-request"]
    outcome = found[-1]["outcome"]
    return [one["id"] for one in outcome["interrupts"]] if outcome["type"] == "interrupt" else []


@both
def test_a_person_decides_and_the_stream_goes_on(
    ann: Any, asking: Any, erased: list[str], client_of: ClientOf, name: str
) -> None:
    api, path = client_of(ann), address(asking, name)
    asked = parts(api.post(path, said(name, "Erase them."), format="json"))
    CHECKS[name](asked)
    first, second = ToolApproval.objects.order_by("call_id")
    assert waiting_for(asked, name) == [str(first.pk), str(second.pk)]
    # Whoever asks without having answered is told again; so is a page that was loaded anew.
    told = parts(api.post(path, quiet(name), format="json"))
    CHECKS[name](told)
    assert told[-1] == ({**asked[-1], "runId": "run-3"} if name == "ag-ui" else asked[-1])
    assert len(parts(api.get(path))) == len(asked)
    body = answered(name, (str(first.pk), True), (str(second.pk), False))
    response = api.post(path, body, format="json")
    rest = parts(response)
    check_on(name, asked, rest)
    assert (text_of(rest), erased) == ("Done.", ["a"])
    assert Message.objects.filter(role="assistant").count() == 1
    # A client that lost that answer says it once more, and is shown the same.
    assert parts(api.post(path, body, format="json")) == rest
    other = api.post(path, answered(name, (str(first.pk), False)), format="json")
    assert (other.status_code, other.json()["code"], erased) == (409, "approval_closed", ["a"])


@both
def test_one_of_two_decisions_leaves_the_other_open(
    ann: Any, asking: Any, erased: list[str], client_of: ClientOf, name: str
) -> None:
    api, path = client_of(ann), address(asking, name)
    asked = parts(api.post(path, said(name, "Erase them."), format="json"))
    first, second = ToolApproval.objects.order_by("call_id")
    rest = parts(api.post(path, answered(name, (str(first.pk), True)), format="json"))
    check_on(name, asked, rest)
    if name == "ag-ui":
        assert waiting_for(rest, name) == [str(second.pk)]
    assert erased == []
    done = parts(api.post(path, answered(name, (str(second.pk), True)), format="json"))
    check_on(name, asked, rest, done)
    assert (text_of(done), erased) == ("Done.", ["a", "b"])


@both
def test_nobody_else_and_no_program_decides(
    ann: Any, bob: Any, asking: Any, erased: list[str], client_of: ClientOf, name: str
) -> None:
    path = address(asking, name)
    client_of(ann).post(path, said(name, "Erase them."), format="json")
    body = answered(name, *[(str(row.pk), True) for row in ToolApproval.objects.all()])
    assert client_of(bob).post(path, body, format="json").status_code == 404
    mine = create_conversation(actor=bob)
    assert client_of(bob).post(address(mine, name), body, format="json").status_code == 400
    _token, secret = create_token(ann, scopes=["read", "write", "publish", "admin"])
    program = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    refused = program.post(path, body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "person_needed")
    assert (erased, ToolApproval.objects.filter(status="pending").count()) == ([], 2)


@both
def test_a_message_sent_meanwhile_declines_what_was_asked(
    ann: Any, asking: Any, erased: list[str], client_of: ClientOf, name: str
) -> None:
    api, path = client_of(ann), address(asking, name)
    api.post(path, said(name, "Erase them."), format="json")
    both_at_once: dict[str, Any] = {**answered(name, *[(str(row.pk), True) for row in ToolApproval.objects.all()])}
    message = said(name, "No, leave them.", id="u2")["messages"][0]
    if name == "ag-ui":
        both_at_once["messages"] = [message]
        assert api.post(path, both_at_once, format="json").status_code == 400
    found = parts(api.post(path, said(name, "No, leave them.", id="u2"), format="json"))
    CHECKS[name](found)
    assert (erased, Message.objects.filter(role="user").count()) == ([], 2)
    assert set(ToolApproval.objects.values_list("status", flat=True)) == {"refused"}


def test_a_long_id_of_a_client_is_no_other_ones(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    for end in ("a", "b"):
        body = said("ai-sdk", f"Hello {end}", id="x" * 150 + end)
        assert api.post(address(talk, "ai-sdk"), body, format="json").status_code == 200
    assert Message.objects.filter(role="user").count() == 2
    assert Run.objects.count() == 2


@both
def test_a_key_makes_a_repeated_request_one_message(
    ann: Any, talk: Any, model: Any, client_of: ClientOf, name: str
) -> None:
    api = client_of(ann)
    first, again = (
        parts(api.post(address(talk, name), said(name, "Hello", id=id), format="json", HTTP_IDEMPOTENCY_KEY="k-1"))
        for id in ("u1", "u2")
    )
    assert first == again and Message.objects.count() == 2
