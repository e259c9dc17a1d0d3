"""What other clients send: little of it is read, and nothing of it is trusted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_cms.chat.streams.incoming import Decision, Incoming, read_ag_ui, read_ai_sdk
from ai_cms.core.exceptions import InvalidInput


def said(*parts: Any) -> dict[str, Any]:
    return {"id": "u1", "role": "user", "parts": list(parts)}


def answered(approval: Any, **more: Any) -> dict[str, Any]:
    part = {"type": "dynamic-tool", "toolCallId": "c1", "state": "approval-responded", "approval": approval, **more}
    return {"id": "a1", "role": "assistant", "parts": [{"type": "text", "text": "no"}, part]}


def test_what_a_person_says_to_a_chat_of_the_ai_sdk() -> None:
    body = {
        "id": "t1",
        "trigger": "submit-message",
        "messages": [
            answered({"id": "old", "approved": True}),
            said({"type": "text", "text": "One"}, {"type": "file", "url": "data:,"}, {"type": "text", "text": "two"}),
        ],
    }
    assert read_ai_sdk(body) == Incoming("t1", message="u1", text="One\n\ntwo", left_out=1)


def test_an_answer_is_an_id_and_yes_or_no() -> None:
    body = {"id": "t1", "messages": [answered({"id": "ap1", "approved": True}, input={"page": 666}, toolName="other")]}
    assert read_ai_sdk(body).decisions == (Decision("ap1", True),)


@pytest.mark.parametrize("approved", [False, None, 1, "true", {}, []])
def test_whatever_is_not_yes_is_no(approved: Any) -> None:
    body = {"id": "t1", "messages": [answered({"id": "ap1", "approved": approved})]}
    assert read_ai_sdk(body).decisions == (Decision("ap1", False),)
    entry = {"interruptId": "ap1", "status": "resolved", "payload": {"approved": approved}}
    assert read_ag_ui({"threadId": "t", "runId": "r", "resume": [entry]}).decisions == (Decision("ap1", False),)


def test_an_answer_to_an_earlier_message_is_found() -> None:
    body = {
        "id": "t1",
        "messageId": "a1",
        "messages": [answered({"id": "ap1", "approved": False, "reason": "No."}), said()],
    }
    assert read_ai_sdk(body).decisions == (Decision("ap1", False, "No."),)


def test_an_answer_in_a_message_of_a_person_counts_for_nothing() -> None:
    message = {**answered({"id": "ap1", "approved": True}), "role": "user"}
    assert read_ai_sdk({"id": "t1", "messages": [message]}).decisions == ()


def test_what_an_agent_of_ag_ui_is_asked() -> None:
    body = {
        "threadId": "t1",
        "runId": "r1",
        "messages": [{"id": "u1", "role": "user", "content": "Bread?"}],
        "resume": [
            {"interruptId": "ap1", "status": "resolved", "payload": {"approved": True}},
            {"interruptId": "ap2", "status": "cancelled", "payload": {"approved": True}},
        ],
    }
    assert read_ag_ui(body) == Incoming(
        "t1", run="r1", message="u1", text="Bread?", decisions=(Decision("ap1", True), Decision("ap2", False))
    )


def test_text_in_parts_and_an_answer_as_the_last_message() -> None:
    parts = [{"type": "text", "text": "Bread?"}, {"type": "image", "source": {}}]
    body: dict[str, Any] = {"threadId": "t", "runId": "r", "messages": [{"id": "u", "role": "user", "content": parts}]}
    assert (read_ag_ui(body).text, read_ag_ui(body).left_out) == ("Bread?", 1)
    body["messages"].append({"id": "a", "role": "assistant", "content": "Here."})
    assert (read_ag_ui(body).text, read_ag_ui(body).message) == ("", "")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "id threadId runId messages parts role content state approval resume status type text".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("read", [read_ai_sdk, read_ag_ui])
@settings(max_examples=40)
@given(body=st.dictionaries(st.sampled_from("id threadId runId messages resume messageId trigger".split()), _json))
def test_any_body_is_read_or_refused(read: Any, body: Any) -> None:
    try:
        assert isinstance(read(body), Incoming)
    except InvalidInput as refused:
        assert refused.detail or refused.errors


def test_a_flood_of_answers_is_refused() -> None:
    entry = {"interruptId": "x", "status": "cancelled"}
    with pytest.raises(InvalidInput):
        read_ag_ui({"threadId": "t", "runId": "r", "resume": [entry] * 101})
