"""What the clients of both protocols hold a stream to, written down from their schemas and state machines.

``clients/run.py`` holds such streams against the clients themselves.
"""

from __future__ import annotations

from typing import Any

Part = dict[str, Any]

STRING, BOOLEAN, ANY, LIST = str, bool, object, list
_CALL = {"toolCallId": STRING, "toolName": STRING}
_CALL_MAY = {"providerExecuted": BOOLEAN, "dynamic": BOOLEAN, "title": STRING}

#: Required and optional fields of each part of the AI SDK's stream; anything else is refused here.
AI_SDK: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    "start": ({}, {"messageId": STRING, "messageMetadata": ANY}),
    "start-step": ({}, {}),
    "finish-step": ({}, {}),
    "reset-step": ({}, {}),
    "text-start": ({"id": STRING}, {}),
    "text-delta": ({"id": STRING, "delta": STRING}, {}),
    "text-end": ({"id": STRING}, {}),
    "steering-message": ({"id": STRING, "parts": LIST}, {}),
    "tool-input-start": (_CALL, _CALL_MAY),
    "tool-input-available": ({**_CALL, "input": ANY}, _CALL_MAY),
    "tool-input-error": ({**_CALL, "input": ANY, "errorText": STRING}, _CALL_MAY),
    "tool-approval-request": ({"approvalId": STRING, "toolCallId": STRING}, {"reason": STRING}),
    "tool-approval-response": ({"approvalId": STRING, "approved": BOOLEAN}, {"reason": STRING}),
    "tool-output-available": ({"toolCallId": STRING, "output": ANY}, {}),
    "tool-output-error": ({"toolCallId": STRING, "errorText": STRING}, {}),
    "tool-output-denied": ({"toolCallId": STRING}, {}),
    "message-metadata": ({"messageMetadata": dict}, {}),
    "finish": ({"finishReason": STRING}, {"messageMetadata": dict}),
    "abort": ({}, {"reason": STRING}),
    "error": ({"errorText": STRING}, {}),
}
DATA = ({"data": ANY}, {"id": STRING})
REASONS = {"stop", "length", "content-filter", "tool-calls", "error", "interrupted", "other"}


def fields_of(part: Part, required: dict[str, type], optional: dict[str, type]) -> None:
    """Assert that a part has its fields, and no other."""
    assert set(required) <= set(part) - {"type"} <= {*required, *optional}, part
    for name, kind in {**required, **optional}.items():
        if name in part and kind is not ANY:
            assert isinstance(part[name], kind), part


def check_ai_sdk(parts: list[Part], *, closed: bool = True) -> None:
    """Assert that the AI SDK's client takes all of ``parts`` as they come."""
    texts: set[str] = set()
    used: set[str] = set()
    calls: set[str] = set()
    approvals: set[str] = set()
    step_calls: set[str] = set()
    step = False
    assert parts[0]["type"] == "start"
    for index, part in enumerate(parts):
        kind = part["type"]
        fields_of(part, *(DATA if kind.startswith("data-") else AI_SDK[kind]))
        match kind:
            case "start":
                assert index == 0, "a second start makes a second message"
            case "start-step":
                assert not step and not texts
                step, step_calls = True, set()
            case "finish-step":
                assert step and not texts
                step = False
            case "reset-step":
                assert step and not texts
                # They are gone for the client, and their results would be errors.
                calls -= step_calls
            case "text-start":
                assert step and part["id"] not in used
                texts.add(part["id"])
                used.add(part["id"])
            case "text-delta":
                assert part["id"] in texts and part["delta"]
            case "text-end":
                texts.remove(part["id"])
            case "tool-input-start":
                assert not texts and part["toolCallId"] not in calls
                calls.add(part["toolCallId"])
                step_calls.add(part["toolCallId"])
            case "tool-approval-request":
                assert part["toolCallId"] in calls
                approvals.add(part["approvalId"])
            case "tool-approval-response":
                assert part["approvalId"] in approvals
            case "finish":
                assert part["finishReason"] in REASONS and not step and not texts
        if kind.startswith("tool-") and "toolCallId" in part:
            assert part["toolCallId"] in calls
    last = [part["type"] for part in parts]
    ends = [kind for kind in last if kind in ("finish", "abort", "error")]
    if closed:
        assert ends in (["finish"], ["error"], ["finish", "abort"])
        assert last[-1] == ends[-1]
        assert "abort" not in ends or parts[-2]["finishReason"] == "interrupted"
    else:
        assert ends == []


_TEXT, _TOOL = {"messageId": STRING}, {"toolCallId": STRING}
AG_UI: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    "RUN_STARTED": ({"threadId": STRING, "runId": STRING}, {}),
    "RUN_FINISHED": ({"threadId": STRING, "runId": STRING, "outcome": dict}, {"usage": LIST}),
    "RUN_ERROR": ({"message": STRING}, {"code": STRING, "usage": LIST}),
    "STEP_STARTED": ({"stepName": STRING}, {}),
    "STEP_FINISHED": ({"stepName": STRING}, {}),
    "TEXT_MESSAGE_START": ({**_TEXT, "role": STRING}, {"name": STRING}),
    "TEXT_MESSAGE_CONTENT": ({**_TEXT, "delta": STRING}, {}),
    "TEXT_MESSAGE_END": (_TEXT, {}),
    "TOOL_CALL_START": ({**_TOOL, "toolCallName": STRING, "parentMessageId": STRING}, {}),
    "TOOL_CALL_ARGS": ({**_TOOL, "delta": STRING}, {}),
    "TOOL_CALL_END": (_TOOL, {}),
    "TOOL_CALL_RESULT": ({**_TOOL, **_TEXT, "content": STRING, "role": STRING}, {"metadata": dict}),
    "CUSTOM": ({"name": STRING, "value": ANY}, {}),
}
INTERRUPT = (
    {"id": STRING, "reason": STRING, "toolCallId": STRING, "responseSchema": dict},
    {"message": STRING, "expiresAt": STRING},
)
COUNTS = {"inputTokens", "outputTokens", "cachedInputTokens"}


def check_ag_ui(events: list[Part], *, closed: bool = True) -> None:
    """Assert that AG-UI's client takes all of ``events`` as they come."""
    texts: set[str] = set()
    messages: set[str] = set()
    open_calls: set[str] = set()
    calls: set[str] = set()
    step = ""
    assert events[0]["type"] == "RUN_STARTED"
    for index, event in enumerate(events):
        kind = event["type"]
        fields_of(event, *AG_UI[kind])
        if kind != "CUSTOM":
            assert None not in event.values()
        match kind:
            case "RUN_STARTED":
                assert index == 0
            case "STEP_STARTED":
                assert not step
                step = event["stepName"]
            case "STEP_FINISHED":
                assert step == event["stepName"] and not texts
                step = ""
            case "TEXT_MESSAGE_START":
                assert event["messageId"] not in messages
                assert event["role"] in ("assistant", "user")
                messages.add(event["messageId"])
                texts.add(event["messageId"])
            case "TEXT_MESSAGE_CONTENT":
                assert event["messageId"] in texts
            case "TEXT_MESSAGE_END":
                texts.remove(event["messageId"])
            case "TOOL_CALL_START":
                assert event["toolCallId"] not in calls and not texts
                calls.add(event["toolCallId"])
                open_calls.add(event["toolCallId"])
                messages.add(event["parentMessageId"])
            case "TOOL_CALL_ARGS":
                assert event["toolCallId"] in open_calls
            case "TOOL_CALL_END":
                open_calls.remove(event["toolCallId"])
            case "TOOL_CALL_RESULT":
                assert event["toolCallId"] in calls and event["role"] == "tool"
        for told in event.get("usage", []):
            assert set(told) <= {*COUNTS, "model"}
            assert all(type(told[name]) is int and told[name] >= 0 for name in COUNTS & set(told))
    ends = [event["type"] for event in events if event["type"] in ("RUN_FINISHED", "RUN_ERROR")]
    if not closed:
        assert ends == []
        return
    last = events[-1]
    assert ends == [last["type"]]
    if last["type"] == "RUN_FINISHED":
        assert not step and not texts and not open_calls
        outcome = last["outcome"]
        assert outcome["type"] in ("success", "interrupt", "cancelled")
        assert outcome["type"] != "interrupt" or outcome["interrupts"]
        for interrupt in outcome.get("interrupts", []):
            fields_of(interrupt, *INTERRUPT)


CHECKS = {"ai-sdk": check_ai_sdk, "ag-ui": check_ag_ui}
