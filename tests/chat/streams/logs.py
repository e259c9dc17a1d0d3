"""Logs of runs: by hand, and any that hypothesis can think of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from ai_cms.chat.streams.ag_ui import AgUi
from ai_cms.chat.streams.ai_sdk import AiSdk
from ai_cms.chat.streams.events import (
    ApprovalAsked,
    ApprovalGiven,
    Cited,
    Restart,
    Steered,
    Step,
    Text,
    ToolCalled,
    ToolDone,
    Used,
    Waiting,
)
from ai_cms.chat.streams.frames import Frame, Frames, Position, StreamProtocol

MESSAGE = "6f1c2a9e-0000-4000-8000-00000000000a"
Log = list[dict[str, Any]]


def log(*events: Any) -> Log:
    """Return events of a run: of values, or of a name with its data."""
    pairs = [event.written() if hasattr(event, "written") else event for event in events]
    return [{"id": number, "event": name, "data": data} for number, (name, data) in enumerate(pairs, 1)]


def done(**result: Any) -> tuple[str, Any]:
    return "done", {"result": result or None}


QUEUED, STARTED = ("queued", {}), ("started", {"attempt": 1})
CANCELLED = ("cancelled", {})
FAILED = ("error", {"detail": "The AI service is busy. Try again in a moment.", "code": "ai_busy"})
INTERRUPTED = ("interrupted", {"detail": "The work was interrupted.", "code": "ai_interrupted"})

#: An answer with all that one can have.
FULL = log(
    QUEUED,
    STARTED,
    Step(agent="Baker"),
    Text("Let me "),
    Text("look. 🥖"),
    # Keys in the order in which PostgreSQL keeps them.
    ToolCalled("c1", "find_pages", {"after": None, "words": "bread"}),
    ToolDone("c1", output=[{"page": 7, "title": "Bread"}]),
    Text("Bread is on page 7.\r\nAnd "),
    Restart("thinking"),
    Text("It is on page 7"),
    Cited("p7", {"title": "Bread", "url": "/bread/", "version": 3, "block": "h7", "quote": None}),
    Text(" [1]."),
    Used({"input_tokens": 120, "output_tokens": 14, "credits": "0.002", "model": "local"}),
    ("title", {"title": "Bread"}),
    done(finish_reason="stop"),
)

#: It waits for a person, and goes on after the answer.
ASKED = log(
    STARTED,
    Text("I would publish it."),
    ToolCalled("c1", "publish_page", {"page": 7}),
    ApprovalAsked("ap1", "c1", reason="It becomes public.", expires_at="2026-11-30T10:10:00+00:00"),
    Waiting(),
)
ANSWERED = log(
    *[(event["event"], event["data"]) for event in ASKED],
    ApprovalGiven("ap1", True),
    STARTED,
    ToolDone("c1", output={"published": True}),
    Text("Done."),
    done(),
)

PROTOCOLS: dict[str, StreamProtocol] = {
    "ai-sdk": AiSdk({"run": "r1"}),
    "ag-ui": AgUi("thread-1", "run-1"),
}


def frames_of(events: Iterable[dict[str, Any]], protocol: StreamProtocol, after: str = "0") -> list[Frame]:
    """Return the frames of a log at once, and how the stream ends where the log says nothing of it."""
    frames = Frames(protocol, MESSAGE, Position.read(after))
    return frames.feed(events) + frames.rest()


def parts_of(events: Iterable[dict[str, Any]], name: str, after: str = "0") -> list[dict[str, Any]]:
    return [frame.part for frame in frames_of(events, PROTOCOLS[name], after)]


# Anything

_ids = st.sampled_from(["", "a", "b", "call", "a-2"])
_words = st.text(max_size=5)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_words, inner, max_size=2),
    max_leaves=4,
)
_objects = st.dictionaries(_words, _json, max_size=2)
_usage = st.fixed_dictionaries(
    {}, optional={"input_tokens": _json, "output_tokens": st.integers(0, 9), "model": _json, "credits": _json}
)
_happenings = st.one_of(
    st.builds(Text, _words),
    st.builds(Text, _words),
    st.builds(Restart),
    st.builds(Step, _words, _ids),
    st.builds(Steered, _ids, _words),
    st.builds(ToolCalled, _ids, _words, st.none() | _objects, _words),
    st.builds(ToolDone, _ids, st.booleans(), _json, _words, _words),
    st.builds(ApprovalAsked, _ids, _ids, _words, st.none() | _objects, _words, _words),
    st.builds(ApprovalGiven, _ids, st.booleans(), _words),
    st.builds(Cited, _ids, _objects),
    st.builds(Used, _usage),
    st.builds(Waiting),
)
_names = st.sampled_from(
    "queued started delta restarted step steered tool_call tool_result approval_requested approval_answered citation "
    "usage requires_action title progress".split()
)
_odd = st.tuples(_names, _json)
_ends = st.one_of(
    st.builds(lambda reason, usage: done(finish_reason=reason, usage=usage), _json | st.just("length"), _usage | _json),
    st.tuples(st.sampled_from(["done", "cancelled", "error", "interrupted"]), _json),
    st.sampled_from([CANCELLED, FAILED, INTERRUPTED]),
)


@st.composite
def logs(draw: st.DrawFn, *, ended: bool = True) -> Log:
    """Return any log, in any order, with an end; perhaps with more after it."""
    events: list[Any] = draw(st.lists(_happenings | _odd, max_size=14))
    if ended:
        events += [draw(_ends), *draw(st.lists(_happenings, max_size=2))]
    return log(*events)
