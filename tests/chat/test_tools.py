"""Agents with tools: the person's rights, limits, and a person's word where it is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pydantic import BaseModel
from rest_framework.test import APIClient

from ai_cms.chat.exceptions import ApprovalClosed, PersonNeeded
from ai_cms.chat.models import Message, ToolApproval
from ai_cms.chat.services import create_conversation, decide, send_message, stop_answers
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import Actor
from ai_cms.core.tokens import create_token
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.credits.ledger import account_for
from ai_cms.llm.messages import LLMRequest, ToolCall
from ai_cms.llm.models import Run
from ai_cms.llm.runs.sweeping import sweep_runs
from ai_cms.llm.tools.registry import Tool, ToolContext, tools

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Any], APIClient]


class Arguments(BaseModel):
    text: str = ""


class Desk:
    """Tools that write down what was done with them."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, Any]] = []
        self.version = 1

    def tool(self, name: str, risk: Any, **options: Any) -> Tool:
        def work(context: ToolContext, arguments: Arguments) -> str:
            self.done.append((name, arguments.text, context.actor.user))
            return f"{name}: {arguments.text}"

        return Tool(name, work, Arguments, f"Do {name}.", risk, **options)

    @property
    def names(self) -> list[str]:
        return [name for name, _text, _user in self.done]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    items = [
        desk.tool("look", "read"),
        desk.tool("rules", "read", trusted=True, public=True),
        desk.tool("draft", "write"),
        desk.tool("erase", "destructive", state=lambda context, arguments: f"v{desk.version}"),
        desk.tool("post", "outward"),
        desk.tool("secret", "read", permission=lambda actor: actor.is_superuser),
    ]
    with tools.temporarily("look", items[0]):
        for item in items[1:]:
            tools.register(item.name, item)
        try:
            yield desk
        finally:
            for item in items[1:]:
                tools.unregister(item.name)


def call(name: str, text: str = "", id: str = "c1") -> ToolCall:
    return ToolCall(id, name, json.dumps({"text": text}))


def ask(user: Any, agent: Any, text: str = "Do it.") -> Message:
    talk = create_conversation(actor=user, agent=agent)
    answer: Message = send_message(talk, text, actor=user).answers[0]
    return answer


def types_of(answer: Message) -> list[str]:
    return list(answer.run.events.order_by("seq").values_list("type", flat=True)) if answer.run else []


def test_what_reads_runs_at_once(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script(call("look", "roses"), "I have looked.")
    answer = ask(ann, tooled("look"))
    assert (answer.content, answer.status, desk.done) == ("I have looked.", "complete", [("look", "roses", ann)])
    assert types_of(answer) == ["queued", "started", "step", "tool_call", "tool_result", "delta", "usage", "done"]
    [done] = answer.rounds
    assert (done["end"], done["calls"][0]["result"], done["calls"][0]["ok"]) == (0, "look: roses", True)
    assert [turn.role for turn in model.requests[1].messages] == ["system", "user", "assistant", "tool"]
    assert answer.untrusted
    model.script("And again.")
    send_message(answer.conversation, "More?", actor=ann)
    assert [turn.role for turn in model.requests[2].messages][2:4] == ["assistant", "tool"]


def test_a_draft_is_made_at_once_by_a_model_that_has_read_nothing(
    ann: Any, desk: Desk, tooled: Any, model: TestingBackend
) -> None:
    model.script(call("rules"), call("draft", "a page", id="c2"), "Drafted.")
    assert ask(ann, tooled("draft", "rules")).content == "Drafted."
    assert desk.names == ["rules", "draft"]


def test_after_reading_what_others_wrote_every_change_needs_a_person(
    ann: Any, desk: Desk, tooled: Any, model: TestingBackend
) -> None:
    model.script(call("look"), call("draft", "injected", id="c2"), "Fine.")
    answer = ask(ann, tooled("draft", "look"))
    approval = ToolApproval.objects.get()
    assert (answer.status, desk.names, approval.tool, approval.reason) == ("waiting", ["look"], "draft", "untrusted")
    # Later messages of the conversation know of it too.
    decide(approval, approved=False, actor=ann)
    model.script(call("draft", "again", id="c3"), "Fine.")
    answer.conversation.refresh_from_db()
    later = send_message(answer.conversation, "Now draft it.", actor=ann).answers[0]
    assert (later.status, desk.names) == ("waiting", ["look"])


def test_both_in_one_answer_are_no_way_around(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script([call("look"), call("draft", id="c2")], "Fine.")
    assert ask(ann, tooled("draft", "look")).status == "waiting"
    assert desk.names == ["look"]


@pytest.mark.parametrize("risky", ["erase", "post"])
def test_a_person_approves_and_the_run_goes_on(
    ann: Any, desk: Desk, tooled: Any, model: TestingBackend, risky: str
) -> None:
    model.script(call(risky, "all"), "Done.")
    answer = ask(ann, tooled(risky))
    run = Run.objects.get()
    approval = ToolApproval.objects.get()
    assert (answer.status, run.status, desk.done) == ("waiting", "requires_action", [])
    assert (approval.tool, json.loads(approval.arguments), approval.user) == (risky, {"text": "all"}, ann)
    assert timedelta(minutes=9) < approval.expires_at - timezone.now() <= timedelta(minutes=10)
    decide(approval, approved=True, actor=ann)
    answer.refresh_from_db()
    approval.refresh_from_db()
    assert (answer.content, answer.status, desk.done) == ("Done.", "complete", [(risky, "all", ann)])
    assert (approval.status, answer.run_id) == ("used", run.pk)
    assert types_of(answer) == [
        "queued", "started", "step", "tool_call", "approval_requested", "requires_action", "approval_answered",
        "started", "step", "tool_result", "delta", "usage", "done",
    ]  # fmt: skip
    with pytest.raises(ApprovalClosed):
        decide(approval, approved=True, actor=ann)
    assert len(desk.done) == 1
    assert account_for(ann, "text").reserved == 0


def test_a_person_refuses(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script(call("erase"), "Then not.")
    answer = ask(ann, tooled("erase"))
    decide(ToolApproval.objects.get(), approved=False, actor=ann)
    answer.refresh_from_db()
    assert (answer.content, answer.status, desk.done) == ("Then not.", "complete", [])
    assert "refused" in model.requests[-1].messages[-1].text


def test_nobody_comes(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script(call("erase"), "Too late.")
    answer = ask(ann, tooled("erase"))
    past = timezone.now() - timedelta(seconds=1)
    ToolApproval.objects.update(expires_at=past)
    with pytest.raises(ApprovalClosed):
        decide(ToolApproval.objects.get(), approved=True, actor=ann)
    Run.objects.update(lease_until=past)
    assert sweep_runs() == 1
    answer.refresh_from_db()
    assert (answer.content, answer.status, desk.done) == ("Too late.", "complete", [])
    assert ToolApproval.objects.get().status == "expired"


def test_what_was_changed_meanwhile_is_not_approved(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script(call("erase"), "It has changed.")
    answer = ask(ann, tooled("erase"))
    desk.version = 2
    decide(ToolApproval.objects.get(), approved=True, actor=ann)
    answer.refresh_from_db()
    assert (answer.content, desk.done) == ("It has changed.", [])
    assert "changed after" in model.requests[-1].messages[-1].text


def test_several_calls_wait_for_all_of_them(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script([call("erase", "a"), call("post", "b", id="c2")], "Both.")
    answer = ask(ann, tooled("erase", "post"))
    first, second = ToolApproval.objects.order_by("call_id")
    decide(first, approved=True, actor=ann)
    answer.refresh_from_db()
    assert (answer.status, desk.done) == ("waiting", [])
    decide(second, approved=False, actor=ann)
    answer.refresh_from_db()
    assert (answer.content, desk.names) == ("Both.", ["erase"])


def test_only_the_person_decides(
    ann: Any, bob: Any, superuser: Any, desk: Desk, tooled: Any, model: TestingBackend, client_of: ClientOf
) -> None:
    model.script(call("erase"), "Done.")
    ask(ann, tooled("erase"))
    approval = ToolApproval.objects.get()
    for other in (bob, superuser):
        with pytest.raises(NotFound):
            decide(approval, approved=True, actor=other)
        assert client_of(other).get("/api/approvals/").json()["count"] == 0
    with pytest.raises(PersonNeeded):
        decide(approval, approved=True, actor=Actor(user=ann, scopes=frozenset({"write", "admin"}), via="token"))
    with pytest.raises(PersonNeeded):
        decide(approval, approved=True, actor=Actor(user=ann, via="agent"))
    _token, secret = create_token(ann, scopes=["read", "write", "publish", "admin"])
    program = APIClient(headers={"Authorization": f"Bearer {secret}"})
    path = f"/api/approvals/{approval.pk}/decide/"
    assert program.post(path, {"approved": True}, format="json").json()["code"] == "person_needed"
    assert desk.done == []
    person = client_of(ann)
    shown = person.get("/api/approvals/?status=pending").json()["results"]
    assert [(row["tool"], row["arguments"], row["status"]) for row in shown] == [("erase", {"text": ""}, "pending")]
    assert person.post(path, {}, format="json").status_code == 400
    assert person.post(path, {"approved": True}, format="json").json()["status"] in ("approved", "used")
    assert person.post(path, {"approved": True}, format="json").status_code == 409
    assert desk.names == ["erase"]


def test_a_model_sees_and_uses_what_the_person_may(
    ann: Any, superuser: Any, desk: Desk, tooled: Any, model: TestingBackend
) -> None:
    model.script(call("secret"), "No.")
    ask(ann, tooled("secret", "look"))
    assert [item.name for item in model.requests[0].tools] == ["look"]
    assert desk.done == [] and "There is no tool" in model.requests[1].messages[-1].text


def test_rights_that_are_lost_meanwhile_are_lost(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    def lose(request: LLMRequest) -> Any:
        type(ann).objects.filter(pk=ann.pk).update(is_active=False)
        return call("look")

    model.script(lose, "Never.")
    answer = ask(ann, tooled("look"))
    assert (desk.done, answer.status) == ([], "interrupted")


def test_rounds_and_calls_are_limited(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script(*[call("look", id=f"c{number}") for number in range(20)])
    answer = ask(ann, tooled("look"))
    assert (len(desk.done), answer.status, answer.error_code) == (8, "interrupted", "ai_tool_limit")
    desk.done.clear()
    model.clear()
    model.script([call("look", id=f"d{number}") for number in range(17)])
    answer = ask(ann, tooled("look"))
    assert (len(desk.done), answer.error_code) == (0, "ai_tool_limit")
    assert account_for(ann, "text").reserved == 0


@pytest.mark.parametrize(
    "wanted",
    [
        ToolCall("c1", "no_such", "{}"),
        ToolCall("c1", "look", "{broken"),
        ToolCall("c1", "look", "[1]"),
        ToolCall("c1", "look", '{"text": 5}'),
        ToolCall("", "look", '{"text": "\\ud800"}'),
        ToolCall("x" * 500, "look", '{"text": "a\\u0000b"}'),
    ],
)
def test_a_model_that_writes_nonsense_is_told(
    ann: Any, desk: Desk, tooled: Any, model: TestingBackend, wanted: ToolCall
) -> None:
    model.script(wanted, "Sorry.")
    answer = ask(ann, tooled("look"))
    assert (answer.content, answer.status) == ("Sorry.", "complete")


def test_text_before_a_call_is_kept_apart(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    from ai_cms.llm.messages import LLMResponse

    model.script(LLMResponse("Let me look.", (call("look"),), finish_reason="tool_calls"), "Found it.")
    answer = ask(ann, tooled("look"))
    assert answer.content == "Let me look.\n\nFound it."
    assert answer.run is not None and answer.run.text == answer.content
    assert [turn.text for turn in model.requests[1].messages][2] == "Let me look."


def test_stopping_what_waits_for_a_person(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script(call("erase"), "Never.")
    answer = ask(ann, tooled("erase"))
    assert stop_answers(answer.conversation, actor=ann) == 1
    answer.refresh_from_db()
    assert (answer.status, ToolApproval.objects.get().status) == ("stopped", "expired")
    with pytest.raises(ApprovalClosed):
        decide(ToolApproval.objects.get(), approved=True, actor=ann)
    assert desk.done == []


def test_going_on_without_deciding(ann: Any, desk: Desk, tooled: Any, model: TestingBackend) -> None:
    model.script(call("erase"), "Then something else.", "Second.")
    answer = ask(ann, tooled("erase"))
    answer.conversation.refresh_from_db()
    later = send_message(answer.conversation, "Forget it. What about tulips?", actor=ann).answers[0]
    answer.refresh_from_db()
    later.refresh_from_db()
    assert (ToolApproval.objects.get().status, desk.done) == ("refused", [])
    assert (answer.status, later.status) == ("complete", "complete")
    assert later.run_id == answer.run_id
