"""AG-UI 1.0: events of a run in a thread.

What its client does not say: one event out of order takes away the good ones before it that came in the same piece of
network; ``[DONE]``, a carriage return and ``null`` in an optional field end the reading; an outcome is an object, and
interrupts are never an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from ...core.jsontypes import JsonObject
from . import acts
from .acts import Act

__all__ = ["AgUi"]

#: What an answer to an interrupt holds.
RESPONSE_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["approved"],
}
_USAGE = {"input_tokens": "inputTokens", "output_tokens": "outputTokens", "cached_tokens": "cachedInputTokens"}


class AgUi:
    """Make events. ``thread`` and ``run``: the ids that the client gave."""

    headers: ClassVar[Mapping[str, str]] = {}
    closing: ClassVar[bytes] = b""

    def __init__(self, thread: str, run: str) -> None:
        self.thread = thread
        self.run = run

    def parts(self, act: Act) -> list[JsonObject]:
        """Return the events of an act."""
        match act:
            case acts.StreamBegan():
                return [{"type": "RUN_STARTED", "threadId": self.thread, "runId": self.run}]
            case acts.StepBegan(number):
                return [{"type": "STEP_STARTED", "stepName": str(number)}]
            case acts.StepEnded(number):
                return [{"type": "STEP_FINISHED", "stepName": str(number)}]
            case acts.TextBegan(id, agent):
                return [_event("TEXT_MESSAGE_START", messageId=id, role="assistant", name=agent)]
            case acts.TextGrew(id, text):
                return [{"type": "TEXT_MESSAGE_CONTENT", "messageId": id, "delta": text}]
            case acts.TextEnded(id):
                return [{"type": "TEXT_MESSAGE_END", "messageId": id}]
            case acts.Voided(texts):
                return [_custom("restarted", {"messageIds": list(texts)})]
            case acts.Steered(id, text):
                return [
                    {"type": "TEXT_MESSAGE_START", "messageId": id, "role": "user"},
                    *([{"type": "TEXT_MESSAGE_CONTENT", "messageId": id, "delta": text}] if text else []),
                    {"type": "TEXT_MESSAGE_END", "messageId": id},
                ]
            case acts.Shown(name, data, id):
                return [_custom(name, {"id": id, **data} if id and isinstance(data, dict) else data)]
            case acts.Told(usage):
                return [_custom("usage", usage)]
            case acts.StreamPaused(asked, usage):
                return [self._finished(_interrupt(asked), usage)]
            case acts.StreamEnded():
                return [self._end(act)]
        return _of_call(act)

    def _end(self, end: acts.StreamEnded) -> JsonObject:
        if end.outcome == "done":
            return self._finished(_interrupt(end.asked), end.usage)
        if end.outcome == "cancelled":
            return self._finished({"type": "cancelled"}, end.usage)
        message = end.detail or _("Something went wrong on our side.")
        return _event("RUN_ERROR", message=message, code=end.code, usage=_usage(end.usage))

    def _finished(self, outcome: JsonObject, usage: JsonObject) -> JsonObject:
        run = {"threadId": self.thread, "runId": self.run}
        return _event("RUN_FINISHED", **run, outcome=outcome, usage=_usage(usage))


def _of_call(act: Act) -> list[JsonObject]:
    match act:
        case acts.CallBegan(id, name, arguments, raw, parent):
            written = raw if arguments is None else json.dumps(arguments, ensure_ascii=False)
            return [
                {"type": "TOOL_CALL_START", "toolCallId": id, "toolCallName": name, "parentMessageId": parent},
                {"type": "TOOL_CALL_ARGS", "toolCallId": id, "delta": written},
                {"type": "TOOL_CALL_END", "toolCallId": id},
            ]
        case acts.CallDone(id, ok, output, error):
            text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
            return [_result(id, text) if ok else _result(id, error, ok=False)]
        case acts.CallDenied(id, reason):
            return [_result(id, reason or _("A person has refused this."), ok=False, denied=True)]
        case acts.Answered(approval, call_id, approved, reason):
            value = {"id": approval, "toolCallId": call_id, "approved": approved}
            return [_custom("approval_answered", value | ({"reason": reason} if reason else {}))]
    # What is asked stands in the outcome.
    return []


def _interrupt(asked: tuple[acts.Asked, ...]) -> JsonObject:
    if not asked:
        return {"type": "success"}
    return {
        "type": "interrupt",
        "interrupts": [
            _kept(
                id=one.approval,
                reason="tool_call",
                message=one.reason,
                toolCallId=one.call,
                responseSchema=RESPONSE_SCHEMA,
                expiresAt=one.expires_at,
            )
            for one in asked
        ],
    }


def _result(call: str, content: str, **metadata: bool) -> JsonObject:
    event = {"type": "TOOL_CALL_RESULT", "messageId": f"{call}-result", "toolCallId": call, "role": "tool"}
    return {**event, "content": content, **({"metadata": metadata} if metadata else {})}


def _usage(usage: JsonObject) -> list[JsonObject] | None:
    """Return what a run has cost in the protocol's words; credits are no word of it."""
    told = {theirs: usage[ours] for ours, theirs in _USAGE.items() if _is_count(usage.get(ours))}
    if isinstance(usage.get("model"), str) and usage["model"]:
        told["model"] = usage["model"]
    return [told] if told else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _custom(name: str, value: Any) -> JsonObject:
    return {"type": "CUSTOM", "name": name, "value": value}


def _event(type: str, **fields: Any) -> JsonObject:
    return {"type": type, **_kept(**fields)}


def _kept(**fields: Any) -> JsonObject:
    """Return ``fields`` without those that say nothing; a ``null`` deeper in the data stays."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}
