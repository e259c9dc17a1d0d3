"""Real answers of chat, as the clients of both protocols are told of them; and real exports, read again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.chat.models import Message, ToolApproval
from ai_cms.chat.services import decide, regenerate, send_message, stop_answers
from ai_cms.chat.streams.frames import Position
from ai_cms.chat.streams.serving import frame_page, protocol_of
from ai_cms.chat.transfer.files import read_export
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.runs.execution import execute_run
from tests.chat.test_answering import ask as say
from tests.chat.test_tools import Desk, ask, call, desk  # noqa: F401

from .validators import CHECKS

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("name", CHECKS)


def page_of(answer: Message, name: str, after: str = "0") -> dict[str, Any]:
    assert answer.run_id is not None
    protocol = protocol_of(name, run_id=answer.run_id, thread=str(answer.conversation_id))
    return frame_page(answer.run_id, protocol, message=str(answer.pk), after=Position.read(after))


def parts_of(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [frame["part"] for frame in page["frames"]]


def text_of(parts: list[dict[str, Any]]) -> str:
    return "".join(part["delta"] for part in parts if part["type"] in ("text-delta", "TEXT_MESSAGE_CONTENT"))


@both
def test_an_answer_with_a_tool(ann: Any, desk: Desk, tooled: Any, model: TestingBackend, name: str) -> None:  # noqa: F811
    model.script(call("look", "roses"), "I have looked.")
    answer = ask(ann, tooled("look"))
    page = page_of(answer, name)
    CHECKS[name](parts_of(page))
    assert page["over"] and text_of(parts_of(page)) == answer.content
    kinds = [part["type"] for part in parts_of(page)]
    assert kinds.count("start-step" if name == "ai-sdk" else "STEP_STARTED") == 2
    if name == "ai-sdk":
        assert kinds[0] == "start" and parts_of(page)[0]["messageId"] == str(answer.pk)
        done = next(part for part in parts_of(page) if part["type"] == "tool-output-available")
        assert done == {"type": "tool-output-available", "toolCallId": "c1", "output": "look: roses"}
        assert parts_of(page)[-1]["messageMetadata"]["usage"]["model"] == "m-1"


@both
@pytest.mark.parametrize("approved", [True, False])
def test_an_answer_that_waits_for_a_person(
    ann: Any,
    desk: Desk,  # noqa: F811
    tooled: Any,
    model: TestingBackend,
    name: str,
    approved: bool,
) -> None:
    model.script(call("erase", "all"), "Done.")
    answer = ask(ann, tooled("erase"))
    approval = ToolApproval.objects.get()
    first = page_of(answer, name)
    CHECKS[name](parts_of(first))
    assert first["over"] and first["after"].endswith(".end") and str(approval.pk) in json.dumps(first)
    assert page_of(answer, name, first["after"])["frames"] == []
    decide(approval, approved=approved, actor=ann)
    second = page_of(answer, name, first["after"])
    assert second["over"] and text_of(parts_of(second)) == "Done."
    assert ("denied" in json.dumps(second)) is not approved
    whole = parts_of(page_of(answer, name))
    CHECKS[name](whole)
    assert whole == parts_of(first)[:-1] + parts_of(second)[1:]


@both
def test_an_answer_that_is_stopped_while_it_waits(
    ann: Any,
    desk: Desk,  # noqa: F811
    tooled: Any,
    model: TestingBackend,
    name: str,
) -> None:
    model.script(call("erase", "all"), "Done.")
    answer = ask(ann, tooled("erase"))
    stop_answers(answer.conversation, actor=ann)
    parts = parts_of(page_of(answer, name))
    CHECKS[name](parts)
    assert "interrupted" in json.dumps(parts[-2]) if name == "ai-sdk" else parts[-1]["outcome"] == {"type": "cancelled"}


@both
def test_what_was_sent_meanwhile_is_another_answer_of_the_run(
    ann: Any, talk: Any, parked: TestingBackend, name: str
) -> None:
    later: list[Any] = []

    def while_writing(request: Any) -> str:
        talk.refresh_from_db()
        later.append(send_message(talk, "In German, please.", actor=ann))
        return "Roses are red."

    parked.script(while_writing, "Rosen sind rot.")
    first = say(talk, ann).answers[0]
    execute_run(first.run_id)
    parts = parts_of(page_of(first, name))
    CHECKS[name](parts)
    assert text_of(parts) == "Roses are red.Rosen sind rot."
    if name == "ag-ui":
        said = [part["messageId"] for part in parts if part["type"] == "TEXT_MESSAGE_START"]
        assert said == [str(first.pk), str(later[0].answers[0].pk)]


def test_an_export_is_read_again(ann: Any, talk: Any, model: TestingBackend, client_of: Any) -> None:
    model.script("First.", "Second.")
    first = send_message(talk, "Why & how?", actor=ann).answers[0]
    regenerate(first, actor=ann)
    client: APIClient = client_of(ann)
    for path in (f"/api/conversations/{talk.pk}/export/", "/api/conversations/export/"):
        export = read_export(client.get(path).content)
        (found,) = export.conversations
        talk.refresh_from_db()
        assert (export.source, export.dropped) == ("ai_cms", ())
        assert (found.key, found.active_leaf) == (str(talk.pk), str(talk.active_leaf))
        question, one, two = found.messages
        assert [(row.role, row.text, row.parent) for row in found.messages] == [
            ("user", "Why & how?", None),
            ("assistant", "First.", question.key),
            ("assistant", "Second.", question.key),
        ]
        assert question.created_at == Message.objects.get(pk=question.key).created_at
        assert {one.model, two.model} == {"m-1"}
