"""What happens in a chat's run: the names of its events, what their data holds, and how they are read again.

::

    run.emit(*ToolCalled("call-1", "find_pages", {"words": "bread"}).written())
    read_event({"id": 4, "event": "tool_call", "data": {…}})        # the same value

Reading raises nothing: an event of a name that is not known, or with data of another shape, is a Note.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

from ...core.jsontypes import JsonMapping, JsonObject

__all__ = [
    "ApprovalAsked",
    "ApprovalGiven",
    "Begun",
    "Cited",
    "Ended",
    "Happening",
    "Note",
    "Restart",
    "Steered",
    "Step",
    "Text",
    "ToolCalled",
    "ToolDone",
    "Used",
    "Waiting",
    "read_event",
]


@dataclass(frozen=True, slots=True)
class _Named:
    """An event whose data are its fields; those that say nothing are left out."""

    type: ClassVar[str]

    def written(self) -> tuple[str, JsonObject]:
        """Return the type and the data of the event, as ``run.emit()`` takes them."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return self.type, {name: value for name, value in values.items() if value is not None and value != ""}


@dataclass(frozen=True, slots=True)
class Begun(_Named):
    """The run waits for a worker, or has one."""

    type = "started"


@dataclass(frozen=True, slots=True)
class Text(_Named):
    """The next piece of the answer."""

    type = "delta"
    text: str


@dataclass(frozen=True, slots=True)
class Restart(_Named):
    """The text since the step began is void: the model begins its answer anew."""

    type = "restarted"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step(_Named):
    """Another answer begins: the next round with tools, or another agent's. ``message``: the id of its row."""

    type = "step"
    agent: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Steered(_Named):
    """A message that a person sent while the run went on has been taken up. ``id``: of its row."""

    type = "steered"
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled(_Named):
    """The model wants a tool. ``raw``: what it wrote, where that is no JSON object."""

    type = "tool_call"
    id: str
    name: str
    arguments: JsonObject | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class ToolDone(_Named):
    """A call has ended. ``output``: JSON, what people may see of it; ``error``: a sentence, where ``ok`` is false."""

    type = "tool_result"
    id: str
    ok: bool = True
    output: Any = None
    error: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalAsked(_Named):
    """A call waits for a person. ``id``: of the request that is stored; ``expires_at``: ISO 8601."""

    type = "approval_requested"
    id: str
    call: str
    name: str = ""
    arguments: JsonObject | None = None
    reason: str = ""
    expires_at: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalGiven(_Named):
    """A person has answered."""

    type = "approval_answered"
    id: str
    approved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Cited(_Named):
    """A place that the answer rests on. ``source``: what is shown of it (page, version, block, quoted text, address)."""

    type = "citation"
    id: str
    source: JsonObject


@dataclass(frozen=True, slots=True)
class Used(_Named):
    """What the run has cost so far: tokens, credits, the model that answered."""

    type = "usage"
    usage: JsonObject


@dataclass(frozen=True, slots=True)
class Waiting(_Named):
    """The run goes on once a person has answered what was asked."""

    type = "requires_action"


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over. ``outcome``: "done", "cancelled", "error" or "interrupted"; ``detail``: a sentence for people."""

    outcome: str
    finish_reason: str = ""
    detail: str = ""
    code: str = ""
    usage: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Anything else that a run shows."""

    name: str
    data: Any = None


Happening: TypeAlias = (
    Begun
    | Text
    | Restart
    | Step
    | Steered
    | ToolCalled
    | ToolDone
    | ApprovalAsked
    | ApprovalGiven
    | Cited
    | Used
    | Waiting
    | Ended
    | Note
)

ENDS = frozenset({"done", "cancelled", "error", "interrupted"})
#: The JSON type of a field, by its annotation. ``None`` takes anything.
_SHAPES: dict[str, type | None] = {
    "str": str,
    "bool": bool,
    "JsonObject": dict,
    "JsonObject | None": dict,
    "Any": None,
}
_KINDS: dict[str, type[_Named]] = {
    kind.type: kind
    for kind in (
        *(Begun, Text, Restart, Step, Steered, ToolCalled, ToolDone),
        *(ApprovalAsked, ApprovalGiven, Cited, Used, Waiting),
    )
}


def read_event(event: JsonMapping) -> Happening:
    """Return what an event of a run (``{"id", "event", "data"}``) says."""
    name, data = str(event["event"]), event["data"]
    if name in ENDS:
        return _end(name, data if isinstance(data, dict) else {})
    if name == "queued":
        return Begun()
    kind = _KINDS.get(name)
    if kind is None or not isinstance(data, dict):
        return Note(name, data)
    values = {item.name: data[item.name] for item in fields(kind) if data.get(item.name) is not None}
    for item in fields(kind):
        wanted = _SHAPES[str(item.type)]
        if item.name in values and wanted is not None and not isinstance(values[item.name], wanted):
            return Note(name, data)
    try:
        found: Any = kind(**values)
    except TypeError:
        # Something that the event cannot do without is missing.
        return Note(name, data)
    read: Happening = found
    return read


def _end(outcome: str, data: JsonObject) -> Ended:
    result = data.get("result")
    told = result if isinstance(result, dict) else {}
    usage = told.get("usage")
    return Ended(
        outcome,
        finish_reason=_text(told.get("finish_reason")),
        detail=_text(data.get("detail")),
        code=_text(data.get("code")),
        usage=usage if isinstance(usage, dict) else {},
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
