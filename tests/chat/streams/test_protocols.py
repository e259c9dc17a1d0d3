"""Whatever a run writes, the streams made of it are ones that the clients take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_cms.chat.streams.events import (
    ApprovalAsked,
    ApprovalGiven,
    Note,
    Restart,
    Steered,
    Step,
    Text,
    ToolCalled,
    ToolDone,
    Used,
    read_event,
)
from ai_cms.chat.streams.frames import Frame, Frames, Position, sse
from ai_cms.core.exceptions import InvalidInput

from .logs import (
    ANSWERED,
    ASKED,
    CANCELLED,
    FAILED,
    FULL,
    INTERRUPTED,
    MESSAGE,
    PROTOCOLS,
    QUEUED,
    STARTED,
    done,
    frames_of,
    log,
    logs,
    parts_of,
)
from .validators import CHECKS, check_ag_ui, check_ai_sdk

both = pytest.mark.parametrize("name", PROTOCOLS)
steady = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def types(parts: list[dict[str, Any]]) -> list[str]:
    return [part["type"] for part in parts]


# Any log


@both
@steady
@given(events=logs())
def test_any_log_makes_a_stream_that_is_in_order_and_ends(name: str, events: Any) -> None:
    CHECKS[name](parts_of(events, name))


@both
@steady
@given(events=logs(ended=False))
def test_a_run_that_never_says_how_it_ended_ends_in_an_error(name: str, events: Any) -> None:
    frames = Frames(PROTOCOLS[name], MESSAGE)
    parts = [frame.part for frame in [*frames.feed(events), *frames.break_off("It broke off.", "ai_interrupted")]]
    CHECKS[name](parts)
    assert parts[-1]["type"] in ("error", "RUN_ERROR")
    assert frames.over


@both
@steady
@given(events=logs(), cut=st.integers(0, 60), ended=st.booleans())
def test_cut_after_any_frame_and_taken_up_there_it_is_the_same_stream(
    name: str, events: Any, cut: int, ended: bool
) -> None:
    events = events if ended else events[:-1]
    frames = Frames(PROTOCOLS[name], MESSAGE)
    whole = frames.feed(events)
    first = whole[:cut]
    again = Frames(PROTOCOLS[name], MESSAGE, Position.read(first[-1].id if first else "0"))
    assert first + again.feed(events) == whole
    assert again.over == frames.over


@both
@steady
@given(events=logs())
def test_the_bytes_are_one_event_a_frame_with_line_feeds_alone(name: str, events: Any) -> None:
    for frame in frames_of(events, PROTOCOLS[name]):
        raw = sse(frame)
        assert b"\r" not in raw
        id_line, data_line, *rest = raw.decode().split("\n")
        assert id_line == f"id: {frame.id}" and rest == ["", ""]
        # Nothing that is no JSON outside of Python: NaN, lone surrogates.
        assert json.loads(data_line.removeprefix("data: "), parse_constant=pytest.fail) == frame.part


@both
@steady
@given(events=logs(ended=False), more=logs())
def test_fed_in_pieces_or_at_once_it_is_the_same_stream(name: str, events: Any, more: Any) -> None:
    whole = log(*[(event["event"], event["data"]) for event in [*events, *more]])
    frames = Frames(PROTOCOLS[name], MESSAGE)
    assert [frame for event in whole for frame in frames.feed([event])] == frames_of(whole, PROTOCOLS[name])


@steady
@given(events=logs())
def test_what_was_written_is_read_as_it_was(events: Any) -> None:
    for event in events:
        found = read_event(event)
        if hasattr(found, "written") and event["event"] not in ("queued", "started", "requires_action", "restarted"):
            assert read_event({"event": found.written()[0], "data": found.written()[1]}) == found


@pytest.mark.stress
@both
@settings(steady, max_examples=1000)
@given(events=logs(), cut=st.integers(0, 60))
def test_thousands_of_logs_are_in_order_cut_anywhere(name: str, events: Any, cut: int) -> None:
    whole = frames_of(events, PROTOCOLS[name])
    CHECKS[name]([frame.part for frame in whole])
    first = whole[:cut]
    assert first + frames_of(events, PROTOCOLS[name], first[-1].id if first else "0") == whole


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("delta", {"text": 5}),
        ("delta", {}),
        ("delta", "text"),
        ("tool_call", {"id": "c", "name": "x", "arguments": [1]}),
        ("tool_result", {"id": "c", "ok": "yes"}),
        ("approval_answered", {"id": "ap", "approved": 1}),
        ("citation", {"id": "p", "source": "Bread"}),
        ("usage", {"usage": 7}),
        ("title", None),
    ],
)
def test_an_event_of_another_shape_is_a_note(name: str, data: Any) -> None:
    assert read_event({"id": 1, "event": name, "data": data}) == Note(name, data)


def test_an_event_says_no_more_than_is_known() -> None:
    called = {"id": "c", "name": "x", "arguments": None, "raw": None, "more": 1}
    assert read_event({"event": "tool_call", "data": called}) == ToolCalled("c", "x")
    assert ToolCalled("c", "x").written() == ("tool_call", {"id": "c", "name": "x"})


@pytest.mark.parametrize("count", [True, -1, 1.5, "7", None, 2**53])
def test_what_is_no_count_of_tokens_is_not_told(count: Any) -> None:
    events = parts_of(log(Used({"input_tokens": count, "output_tokens": 3}), done()), "ag-ui")
    assert events[-1]["usage"] == [{"outputTokens": 3}]


# One answer


def test_the_ai_sdk_is_told_of_a_whole_answer() -> None:
    parts = parts_of(FULL, "ai-sdk")
    check_ai_sdk(parts)
    assert types(parts) == [
        *("start", "start-step", "data-step", "text-start", "text-delta", "text-delta", "text-end"),
        *("tool-input-start", "tool-input-available", "tool-output-available", "finish-step"),
        *("start-step", "text-start", "text-delta", "text-end", "reset-step"),
        *("text-start", "text-delta", "data-citation", "text-delta", "message-metadata", "data-title"),
        *("text-end", "finish-step", "finish"),
    ]
    assert parts[0] == {"type": "start", "messageId": MESSAGE, "messageMetadata": {"run": "r1"}}
    assert parts[-1]["finishReason"] == "stop"
    assert parts[-1]["messageMetadata"]["usage"]["credits"] == "0.002"
    citation = next(part for part in parts if part["type"] == "data-citation")
    assert citation["id"] == "p7" and citation["data"]["quote"] is None


def test_ag_ui_is_told_of_a_whole_answer() -> None:
    events = parts_of(FULL, "ag-ui")
    check_ag_ui(events)
    assert types(events) == [
        *("RUN_STARTED", "STEP_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CONTENT"),
        *("TEXT_MESSAGE_END", "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "TOOL_CALL_RESULT"),
        *("STEP_FINISHED", "STEP_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END"),
        *("CUSTOM", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "CUSTOM", "TEXT_MESSAGE_CONTENT", "CUSTOM"),
        *("CUSTOM", "TEXT_MESSAGE_END", "STEP_FINISHED", "RUN_FINISHED"),
    ]
    assert events[2] == {
        "type": "TEXT_MESSAGE_START",
        "messageId": MESSAGE,
        "role": "assistant",
        "name": "Baker",
    }
    call = next(event for event in events if event["type"] == "TOOL_CALL_START")
    assert call["parentMessageId"] == MESSAGE
    assert json.loads(next(event for event in events if event["type"] == "TOOL_CALL_ARGS")["delta"]) == {
        "words": "bread",
        "after": None,
    }
    assert events[-1]["outcome"] == {"type": "success"}
    assert events[-1]["usage"] == [{"inputTokens": 120, "outputTokens": 14, "model": "local"}]


@pytest.mark.parametrize(
    ("reason", "theirs"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content-filter"),
        ("tool_calls", "tool-calls"),
        ("", "stop"),
        ("unknown", "other"),
        (None, "stop"),
    ],
)
def test_finish_reasons_are_of_the_seven(reason: Any, theirs: str) -> None:
    assert parts_of(log(Text("x"), done(finish_reason=reason)), "ai-sdk")[-1]["finishReason"] == theirs


def test_a_stopped_answer_does_not_look_complete() -> None:
    stopped = log(QUEUED, STARTED, Text("Half a "), CANCELLED)
    assert parts_of(stopped, "ai-sdk")[-4:] == [
        {"type": "text-end", "id": MESSAGE},
        {"type": "finish-step"},
        {"type": "finish", "finishReason": "interrupted", "messageMetadata": {"outcome": "cancelled"}},
        {"type": "abort"},
    ]
    assert parts_of(stopped, "ag-ui")[-1]["outcome"] == {"type": "cancelled"}


@pytest.mark.parametrize("end", [FAILED, INTERRUPTED])
def test_an_error_is_the_last_part_and_a_sentence_for_people(end: Any) -> None:
    failed = log(Text("Half a "), end)
    parts = parts_of(failed, "ai-sdk")
    assert types(parts)[-4:] == ["text-end", "finish-step", "message-metadata", "error"]
    assert parts[-1]["errorText"] == end[1]["detail"]
    assert parts[-2]["messageMetadata"] == {"outcome": end[0], "code": end[1]["code"]}
    assert parts_of(failed, "ag-ui")[-1] == {
        "type": "RUN_ERROR",
        "message": end[1]["detail"],
        "code": end[1]["code"],
    }


def test_a_call_without_result_is_not_left_open_by_a_run_that_broke_off() -> None:
    broken = log(ToolCalled("c1", "find_pages", {}), ToolCalled("c2", "find_pages", {}), FAILED)
    assert types(parts_of(broken, "ai-sdk")).count("tool-output-error") == 2
    results = [event for event in parts_of(broken, "ag-ui") if event["type"] == "TOOL_CALL_RESULT"]
    assert [(event["toolCallId"], event["metadata"]) for event in results] == [
        ("c1", {"ok": False}),
        ("c2", {"ok": False}),
    ]


def test_arguments_that_are_no_json_are_shown_as_the_model_wrote_them() -> None:
    broken = log(ToolCalled("c1", "find_pages", raw='{"words": '), ToolDone("c1", ok=False, error="Not JSON."), done())
    assert types(parts_of(broken, "ai-sdk"))[2:5] == ["tool-input-start", "tool-input-error", "tool-output-error"]
    assert (
        next(event for event in parts_of(broken, "ag-ui") if event["type"] == "TOOL_CALL_ARGS")["delta"] == '{"words": '
    )


def test_nothing_is_void_once_an_answer_has_asked_for_tools() -> None:
    events = log(
        Text("Let me look."), ToolCalled("c", "find_pages", {}), Restart(), ToolDone("c", output=1), Restart(), done()
    )
    parts = parts_of(events, "ai-sdk")
    check_ai_sdk(parts)
    assert "reset-step" not in types(parts)
    assert "restarted" not in json.dumps(parts_of(events, "ag-ui"))


def test_a_call_that_got_no_result_is_not_left_open_by_an_answer_that_is_done() -> None:
    parts = parts_of(log(ToolCalled("c", "find_pages", {}), Text("Never mind."), done()), "ai-sdk")
    assert [part for part in parts if part["type"] == "tool-output-error"] == [
        {"type": "tool-output-error", "toolCallId": "c", "errorText": "This was not finished."}
    ]
    assert parts[-1]["finishReason"] == "stop"


def test_a_call_that_was_asked_about_and_has_its_result_is_waited_for_no_more() -> None:
    expired = log(
        ToolCalled("c", "x", {}), ApprovalAsked("ap", "c"), ToolDone("c", ok=False, error="Too late."), done()
    )
    assert parts_of(expired, "ai-sdk")[-1]["finishReason"] == "stop"
    assert parts_of(expired, "ag-ui")[-1]["outcome"] == {"type": "success"}


def test_what_was_shown_before_the_step_is_not_shown_again() -> None:
    note = ("progress", {"id": "p", "done": 1})
    before = parts_of(log(note, Text("Wrong"), Restart(), Text("Right"), done()), "ai-sdk")
    earlier = parts_of(
        log(Step(), Text("One"), note, Step(), Text("Wrong"), Restart(), Text("Right"), done()), "ai-sdk"
    )
    assert types(before).count("data-progress") == types(earlier).count("data-progress") == 1


def test_two_calls_of_one_id_are_two_calls() -> None:
    twice = log(
        *(ToolCalled("c", "a", {}), ToolDone("c", output=1), ToolCalled("c", "b", {}), ToolDone("c", output=2)), done()
    )
    results = [part for part in parts_of(twice, "ai-sdk") if part["type"] == "tool-output-available"]
    assert [(part["toolCallId"], part["output"]) for part in results] == [("c", 1), ("c-2", 2)]


def test_what_a_person_said_meanwhile_is_in_its_place() -> None:
    steered = log(Text("One"), Steered("m2", "In French, please."), Text("Un"), done())
    assert types(parts_of(steered, "ai-sdk")) == [
        *("start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "steering-message"),
        *("start-step", "text-start", "text-delta", "text-end", "finish-step", "finish"),
    ]
    said = [event for event in parts_of(steered, "ag-ui") if event["type"] == "TEXT_MESSAGE_START"]
    assert [(event["messageId"], event["role"]) for event in said] == [
        (MESSAGE, "assistant"),
        ("m2", "user"),
        (f"{MESSAGE}.2", "assistant"),
    ]


def test_several_answers_are_steps_of_one_message_and_messages_of_one_run() -> None:
    two = log(Step("Baker", "m1"), Text("Rye."), Step("Miller", "m2"), Text("Wheat."), done())
    parts = parts_of(two, "ai-sdk")
    assert types(parts).count("start") == 1
    assert [part["data"] for part in parts if part["type"] == "data-step"] == [
        {"agent": "Baker", "message": "m1"},
        {"agent": "Miller", "message": "m2"},
    ]
    said = [event for event in parts_of(two, "ag-ui") if event["type"] == "TEXT_MESSAGE_START"]
    assert [(event["messageId"], event["name"]) for event in said] == [("m1", "Baker"), ("m2", "Miller")]


def test_what_was_shown_in_a_step_stays_when_its_text_is_void() -> None:
    parts = parts_of(
        log(Text("Wrong"), ("progress", {"id": "p", "done": 1}), Restart(), Text("Right"), done()), "ai-sdk"
    )
    assert types(parts)[4:8] == ["data-progress", "text-end", "reset-step", "data-progress"]


# A person is asked


def test_a_run_that_waits_ends_its_stream_for_now() -> None:
    parts = parts_of(ASKED, "ai-sdk")
    check_ai_sdk(parts)
    assert parts[-1] == {"type": "finish", "finishReason": "tool-calls"}
    assert parts[-3] == {
        "type": "tool-approval-request",
        "approvalId": "ap1",
        "toolCallId": "c1",
        "reason": "It becomes public.",
    }
    events = parts_of(ASKED, "ag-ui")
    check_ag_ui(events)
    assert events[-1]["outcome"]["interrupts"] == [
        {
            "id": "ap1",
            "reason": "tool_call",
            "message": "It becomes public.",
            "toolCallId": "c1",
            "responseSchema": {
                "type": "object",
                "properties": {"approved": {"type": "boolean"}, "reason": {"type": "string"}},
                "required": ["approved"],
            },
            "expiresAt": "2026-11-30T10:10:00+00:00",
        }
    ]


@both
def test_after_the_answer_a_new_stream_goes_on_where_the_first_ended(name: str) -> None:
    first = frames_of(ASKED, PROTOCOLS[name])
    assert first[-1].id == "5.end"
    second = [frame.part for frame in frames_of(ANSWERED, PROTOCOLS[name], after="5.end")]
    assert second[0]["type"] in ("start", "RUN_STARTED")
    assert second[-1]["type"] in ("finish", "RUN_FINISHED")
    # Somebody who comes later reads both as one, without an end in between.
    whole = frames_of(ANSWERED, PROTOCOLS[name])
    assert [frame.part for frame in whole] == [frame.part for frame in first[:-1]] + second[1:]
    CHECKS[name]([frame.part for frame in whole])


@both
def test_cut_just_before_the_pause_the_stream_goes_on_without_a_second_beginning(name: str) -> None:
    first = frames_of(ASKED, PROTOCOLS[name])
    rest = frames_of(ANSWERED, PROTOCOLS[name], after=first[-2].id)
    assert first[:-1] + rest == frames_of(ANSWERED, PROTOCOLS[name])


@both
def test_cut_after_its_beginning_the_second_stream_has_no_other(name: str) -> None:
    second = frames_of(ANSWERED, PROTOCOLS[name], after="5.end")
    assert second[0].id == "5.on"
    assert frames_of(ANSWERED, PROTOCOLS[name], after="5.on") == second[1:]


@both
def test_who_knows_of_the_pause_waits_with_the_run(name: str) -> None:
    frames = Frames(PROTOCOLS[name], MESSAGE, Position.of_pause(5))
    assert frames.feed(ASKED) == [] and frames.rest() == [] and not frames.over


def test_a_refusal_is_the_result_of_the_call() -> None:
    refused = log(
        *[(event["event"], event["data"]) for event in ASKED],
        ApprovalGiven("ap1", False, "Not yet."),
        Text("All right."),
        done(),
    )
    assert [
        part for part in parts_of(refused, "ai-sdk") if part["type"].startswith(("tool-approval-r", "tool-output"))
    ][1:] == [
        {"type": "tool-approval-response", "approvalId": "ap1", "approved": False, "reason": "Not yet."},
        {"type": "tool-output-denied", "toolCallId": "c1"},
    ]
    result = next(event for event in parts_of(refused, "ag-ui") if event["type"] == "TOOL_CALL_RESULT")
    assert result["content"] == "Not yet." and result["metadata"] == {"ok": False, "denied": True}


def test_an_answer_that_ended_with_a_question_is_an_interrupt() -> None:
    asking = log(ToolCalled("c1", "publish_page", {"page": 7}), ApprovalAsked("ap1", "c1"), Text("Shall I?"), done())
    assert parts_of(asking, "ai-sdk")[-1]["finishReason"] == "tool-calls"
    assert parts_of(asking, "ag-ui")[-1]["outcome"]["interrupts"][0]["id"] == "ap1"


@pytest.mark.parametrize("end", [CANCELLED, FAILED])
def test_nobody_is_asked_any_more_once_the_run_was_broken_off(end: Any) -> None:
    broken = log(*[(event["event"], event["data"]) for event in ASKED], end)
    assert "tool-output-error" in types(parts_of(broken, "ai-sdk"))
    assert "interrupt" not in json.dumps(parts_of(broken, "ag-ui"))


# Places


@pytest.mark.parametrize("text", ["0", "12", "12.3", "12.end", "12.on"])
def test_a_position_is_written_as_it_is_read(text: str) -> None:
    assert str(Position.read(text)) == text


def test_positions_have_the_order_of_the_stream() -> None:
    texts = ["0", "1.1", "1.2", "1", "1.end", "1.on", "2.1", "2"]
    assert sorted(map(Position.read, reversed(texts))) == [Position.read(text) for text in texts]


@pytest.mark.parametrize("text", ["", "x", "-1", "1.", "1.x", "1.2.3", "١", "9" * 10, "1.999999", "1\n2"])
def test_what_is_no_position_is_the_clients_mistake(text: str) -> None:
    with pytest.raises(InvalidInput):
        Position.read(text)


def test_a_frame_of_no_place_has_no_id() -> None:
    assert sse(Frame("", {"type": "error"})) == b'data: {"type":"error"}\n\n'
