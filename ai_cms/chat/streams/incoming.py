"""What clients of other protocols send: the last thing that a person said, and answers to what was asked.

Everything else in these bodies is the client's own copy of what the server knows better: earlier messages, the input of
tools, states. None of it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput

from ...core.jsontypes import JsonMapping

__all__ = ["MAX_ID", "Decision", "Incoming", "read_ag_ui", "read_ai_sdk"]

#: As many answers as a run may ask for is a fraction of this.
MAX_DECISIONS = 100
MAX_ID = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer. ``approval``: the id of the request, which is to be compared with the one that is stored."""

    approval: str
    approved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a request asks for.

    ``thread``: the client's id of the conversation; ``run``: its id of the run it wants (AG-UI). ``text`` and ``message``:
    what was said last, by a person, and its id with the client; empty if the last message is nobody's. ``regenerate``: the
    last answer is wanted anew. ``left_out``: parts of the message that are no text.
    """

    thread: str
    run: str = ""
    message: str = ""
    text: str = ""
    decisions: tuple[Decision, ...] = ()
    regenerate: bool = False
    left_out: int = 0


def read_ai_sdk(body: JsonMapping) -> Incoming:
    """Return what a Chat of the AI SDK sends. Raises InvalidInput."""
    messages = _list(body, "messages")
    last = _last(messages)
    said = last.get("role") == "user"
    parts = _parts(last) if said else []
    texts = [_text(part.get("text")) for part in parts if part.get("type") == "text"]
    # An answer may be about an earlier message than the last.
    named = [one for one in messages if isinstance(one, dict) and one.get("id") == body.get("messageId")]
    about = named[-1] if named else last
    decisions: list[Decision] = []
    for part in _parts(about) if about.get("role") == "assistant" else []:
        if part.get("state") == "approval-responded":
            decisions += _decision(part.get("approval"))
    return Incoming(
        thread=_id(body, "id"),
        message=_text(last.get("id"))[:MAX_ID] if said else "",
        text="\n\n".join(texts).strip(),
        decisions=_bounded(decisions),
        regenerate=body.get("trigger") == "regenerate-message",
        left_out=len(parts) - len(texts),
    )


def read_ag_ui(body: JsonMapping) -> Incoming:
    """Return what an agent of AG-UI's client sends. Raises InvalidInput."""
    last = _last(_list(body, "messages"))
    said = last.get("role") == "user"
    content = last.get("content") if said else ""
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [_text(part.get("text")) for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    decisions: list[Decision] = []
    for entry in _list(body, "resume"):
        if not isinstance(entry, dict):
            raise InvalidInput(errors={"resume": [_("Each answer is an object.")]})
        decisions.append(_resumed(entry))
    return Incoming(
        thread=_id(body, "threadId"),
        run=_id(body, "runId"),
        message=_text(last.get("id"))[:MAX_ID] if said else "",
        text="\n\n".join(texts).strip(),
        decisions=_bounded(decisions),
        left_out=len(parts) - len(texts) if said else 0,
    )


def _parts(message: JsonMapping) -> list[JsonMapping]:
    parts = message.get("parts")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise InvalidInput(errors={"messages": [_("A message has no list of parts.")]})
    return parts


def _decision(approval: object) -> list[Decision]:
    """Return the answer in a part of a message, if it is one; who answers anything but yes refuses."""
    if not isinstance(approval, dict) or not isinstance(approval.get("id"), str):
        return []
    return [Decision(approval["id"][:MAX_ID], approval.get("approved") is True, _text(approval.get("reason"))[:500])]


def _resumed(entry: JsonMapping) -> Decision:
    if not isinstance(entry.get("interruptId"), str) or entry.get("status") not in ("resolved", "cancelled"):
        raise InvalidInput(
            errors={"resume": [_("Each answer has an interruptId and the status resolved or cancelled.")]}
        )
    given = entry.get("payload")
    payload: JsonMapping = given if isinstance(given, dict) else {}
    approved = entry["status"] == "resolved" and payload.get("approved") is True
    return Decision(entry["interruptId"][:MAX_ID], approved, _text(payload.get("reason"))[:500])


def _bounded(decisions: list[Decision]) -> tuple[Decision, ...]:
    if len(decisions) > MAX_DECISIONS:
        raise InvalidInput(_("More than %(most)d answers at once.") % {"most": MAX_DECISIONS})
    return tuple(decisions)


def _last(messages: list[Any]) -> JsonMapping:
    if not messages:
        return {}
    if not isinstance(messages[-1], dict):
        raise InvalidInput(errors={"messages": [_("Each message is an object.")]})
    last: JsonMapping = messages[-1]
    return last


def _list(body: JsonMapping, name: str) -> list[Any]:
    value = body.get(name, [])
    if not isinstance(value, list):
        raise InvalidInput(errors={name: [_("A list is needed.")]})
    return value


def _id(body: JsonMapping, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or len(value) > MAX_ID:
        raise InvalidInput(errors={name: [_("An id of at most %(most)d characters is needed.") % {"most": MAX_ID}]})
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
