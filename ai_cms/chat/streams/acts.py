"""The words between a run's events and a protocol's parts: each act is one thing to tell a client, in an order that holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ...core.jsontypes import JsonObject

__all__ = [
    "Act",
    "Answered",
    "Asked",
    "CallBegan",
    "CallDenied",
    "CallDone",
    "Shown",
    "Steered",
    "StepBegan",
    "StepEnded",
    "StreamBegan",
    "StreamEnded",
    "StreamPaused",
    "TextBegan",
    "TextEnded",
    "TextGrew",
    "Told",
    "Voided",
]


@dataclass(frozen=True, slots=True)
class StreamBegan:
    """The first act. ``again``: the run went on after a person's answer, for a client that was told of the pause."""

    message: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class StepBegan:
    """A step is one answer of a model with the calls it asks for. ``message``: the id of its row, where it has its own."""

    number: int
    agent: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class StepEnded:
    number: int


@dataclass(frozen=True, slots=True)
class TextBegan:
    """``id`` is no other text's of the run; the first is the answer's own. ``agent``: whose answer it is, where known."""

    id: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class TextGrew:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class TextEnded:
    id: str


@dataclass(frozen=True, slots=True)
class Voided:
    """What the step has said so far is void: these texts, closed by now. ``kept``: what was shown in it and stays."""

    texts: tuple[str, ...]
    kept: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Steered:
    """A person said something while the run went on, and the model has read it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CallBegan:
    """``arguments``: an object, or the ``raw`` text of what is none. ``parent``: the id of the text it belongs to, or of
    the calls of its step.
    """

    id: str
    name: str
    arguments: JsonObject | None
    raw: str
    parent: str


@dataclass(frozen=True, slots=True)
class CallDone:
    id: str
    ok: bool
    output: Any = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class CallDenied:
    id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A person is asked about the call ``call``, which has begun."""

    approval: str
    call: str
    reason: str = ""
    expires_at: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    approval: str
    call: str
    approved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something beside the text. ``id``: another one of this name and id takes its place."""

    name: str
    data: Any
    id: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the answer has cost so far."""

    usage: JsonObject


@dataclass(frozen=True, slots=True)
class StreamPaused:
    """The stream ends here; the run waits for an answer to each of ``asked``."""

    asked: tuple[Asked, ...]
    usage: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The last act. ``outcome``: "done", "cancelled", "error" or "interrupted"."""

    outcome: str
    finish_reason: str = ""
    detail: str = ""
    code: str = ""
    asked: tuple[Asked, ...] = ()
    usage: JsonObject = field(default_factory=dict)


Act: TypeAlias = (
    StreamBegan
    | StepBegan
    | StepEnded
    | TextBegan
    | TextGrew
    | TextEnded
    | Voided
    | Steered
    | CallBegan
    | CallDone
    | CallDenied
    | Asked
    | Answered
    | Shown
    | Told
    | StreamPaused
    | StreamEnded
)
