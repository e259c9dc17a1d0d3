"""The AI SDK's UI message stream, version 1 (``ai`` 7): one message, whose parts grow.

What that client does not say: a stream that ends without ``finish`` counts as a success, as does one that ends with
``abort``; ``null`` in an optional field and a finish reason that is none of the seven end the reading; parts after
``error`` are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from ...core.jsontypes import JsonMapping, JsonObject
from . import acts
from .acts import Act

__all__ = ["AiSdk"]

_REASONS: Mapping[str, str] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content-filter",
    "tool_calls": "tool-calls",
}


class AiSdk:
    """Make parts. ``metadata``: what the message says of itself from the beginning, such as the run's id."""

    headers: ClassVar[Mapping[str, str]] = {"x-vercel-ai-ui-message-stream": "v1"}
    closing: ClassVar[bytes] = b"data: [DONE]\n\n"

    def __init__(self, metadata: JsonMapping | None = None) -> None:
        self.metadata = dict(metadata or {})

    def parts(self, act: Act) -> list[JsonObject]:
        """Return the parts of an act."""
        match act:
            case acts.StreamBegan(message):
                return [_part("start", messageId=message, messageMetadata=self.metadata)]
            case acts.StepBegan(number, agent, message):
                about = _kept(agent=agent, message=message)
                shown = [{"type": "data-step", "id": str(number), "data": about}] if about else []
                return [{"type": "start-step"}, *shown]
            case acts.StepEnded():
                return [{"type": "finish-step"}]
            case acts.TextBegan(id):
                return [{"type": "text-start", "id": id}]
            case acts.TextGrew(id, text):
                return [{"type": "text-delta", "id": id, "delta": text}]
            case acts.TextEnded(id):
                return [{"type": "text-end", "id": id}]
            case acts.Voided(kept=kept):
                # It takes away all parts of the step.
                return [{"type": "reset-step"}, *(_data(shown) for shown in kept)]
            case acts.Steered(id, text):
                return [{"type": "steering-message", "id": id, "parts": [{"type": "text", "text": text}]}]
            case acts.Shown():
                return [_data(act)]
            case acts.Told(usage):
                return [{"type": "message-metadata", "messageMetadata": {"usage": usage}}]
            case acts.StreamPaused():
                return [{"type": "finish", "finishReason": "tool-calls"}]
            case acts.StreamEnded():
                return _end(act)
        return _of_call(act)


def _of_call(act: Act) -> list[JsonObject]:
    match act:
        case acts.CallBegan(id, name, arguments, raw):
            # Run here and not by the client, and of a name that its types do not know.
            call = {"toolCallId": id, "toolName": name, "dynamic": True, "providerExecuted": True}
            begun = {"type": "tool-input-start", **call}
            if arguments is None:
                wrong = _("The arguments are not valid JSON.")
                return [begun, {"type": "tool-input-error", **call, "input": raw, "errorText": wrong}]
            return [begun, {"type": "tool-input-available", **call, "input": arguments}]
        case acts.CallDone(id, ok, output, error):
            if ok:
                return [{"type": "tool-output-available", "toolCallId": id, "output": output}]
            return [{"type": "tool-output-error", "toolCallId": id, "errorText": error}]
        case acts.CallDenied(id):
            return [{"type": "tool-output-denied", "toolCallId": id}]
        case acts.Asked(approval, call_id, reason):
            return [_part("tool-approval-request", approvalId=approval, toolCallId=call_id, reason=reason)]
        case acts.Answered(approval, _call, approved, reason):
            return [_part("tool-approval-response", approvalId=approval, approved=approved, reason=reason)]
    return []


def _end(end: acts.StreamEnded) -> list[JsonObject]:
    about = _kept(outcome="" if end.outcome == "done" else end.outcome, code=end.code, usage=end.usage)
    if end.outcome == "done":
        reason = "tool-calls" if end.asked else _REASONS.get(end.finish_reason or "stop", "other")
        return [_part("finish", finishReason=reason, messageMetadata=about)]
    if end.outcome == "cancelled":
        # By `abort` alone the answer would look complete.
        return [_part("finish", finishReason="interrupted", messageMetadata=about), {"type": "abort"}]
    told = [{"type": "message-metadata", "messageMetadata": about}]
    return [*told, {"type": "error", "errorText": end.detail or _("Something went wrong on our side.")}]


def _data(shown: acts.Shown) -> JsonObject:
    return _part(f"data-{shown.name}", id=shown.id) | {"data": shown.data}


def _part(type: str, **fields: Any) -> JsonObject:
    return {"type": type, **_kept(**fields)}


def _kept(**fields: Any) -> JsonObject:
    """Return ``fields`` without those that say nothing: an absent one is right everywhere, ``null`` nowhere."""
    return {name: value for name, value in fields.items() if value not in ("", {})}
