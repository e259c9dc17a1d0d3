"""The events of a run in an order that every client accepts, whatever order they were written in.

Clients of streams take a piece of text that was not opened, a result without its call or an end with something open for a
broken answer, and drop what came before. So nothing of that kind can leave here: texts, steps and calls are opened and
closed by this machine, ids are made unique, and there is one beginning and one end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from ...core.jsontypes import JsonMapping, JsonObject
from . import acts
from .acts import Act, Asked, Shown, StepBegan
from .events import (
    ApprovalAsked,
    ApprovalGiven,
    Begun,
    Cited,
    Ended,
    Happening,
    Note,
    Restart,
    Steered,
    Step,
    Text,
    ToolCalled,
    ToolDone,
    Used,
    Waiting,
    read_event,
)

__all__ = ["Order"]


@dataclass(slots=True)
class _Call:
    id: str
    asked: Asked | None = None
    over: bool = False


class Order:
    """Turn the events of one run, fed from the first on, into acts.

    ``message``: the id of the answer. ``ended``: the last act was given. ``waiting``: the last event said that the run
    waits for a person.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        self.ended = False
        self.waiting = False
        self._began = False
        self._acts: list[Act] = []
        self._usage: JsonObject = {}
        self._ids: set[str] = set()
        # The step.
        self._steps = 0
        self._step: StepBegan | None = None
        self._next = StepBegan(0)
        self._text = ""
        self._texts: list[str] = []
        self._kept: list[Shown] = []
        self._calls_id = ""
        self._called = False
        # The calls by their id here, and the latest by the id that the run has for it.
        self._calls: dict[str, _Call] = {}
        self._names: dict[str, _Call] = {}

    def feed(self, event: JsonMapping) -> list[Act]:
        """Return what the next event comes to; nothing after the end."""
        if self.ended:
            return []
        self._begin()
        self._take(read_event(event))
        return self._taken()

    def pause(self) -> acts.StreamPaused:
        """Return the act that ends the stream of a run which waits, for a client that is to come back."""
        return acts.StreamPaused(self._asked(), self._usage)

    def lose(self, detail: str, code: str) -> list[Act]:
        """Return how a stream ends whose run has not said how it ended."""
        if self.ended:
            return []
        if not self._began:
            self._begin()
        self._end(Ended("error", detail=detail, code=code))
        return self._taken()

    def _begin(self) -> None:
        if not self._began or self.waiting:
            self._acts.append(acts.StreamBegan(self.message, again=self._began))
        self._began, self.waiting = True, False

    def _taken(self) -> list[Act]:
        taken, self._acts = self._acts, []
        return taken

    def _take(self, found: Happening) -> None:
        match found:
            case Begun():
                pass
            case Text():
                self._say(found.text)
            case Restart():
                self._void()
            case Step():
                self._end_step()
                self._next = StepBegan(0, found.agent, found.message)
            case Steered():
                self._end_step()
                self._acts.append(acts.Steered(self._claim(found.id), found.text))
            case ToolCalled():
                self._call(found.id, found.name, found.arguments, found.raw)
            case ToolDone():
                self._finish_call(found)
            case ApprovalAsked():
                self._ask(found)
            case ApprovalGiven():
                self._answer(found)
            case Cited():
                self._in_step()
                self._acts.append(Shown("citation", found.source, found.id))
            case Used():
                self._usage = {**self._usage, **found.usage}
                self._acts.append(acts.Told(self._usage))
            case Waiting():
                self._end_step()
                self.waiting = True
            case Ended():
                self._end(found)
            case Note(name, data):
                self._show(Shown(name, data, _id_of(data)))

    def _claim(self, *wanted: str) -> str:
        """Return an id that nothing of the run has yet: one of ``wanted``, else one made of the answer's."""
        number = len(self._ids)
        candidates = [*filter(None, wanted), f"{self.message}.{number}"]
        while candidates[0] in self._ids:
            number += 1
            candidates = [*candidates[1:], f"{self.message}.{number}"]
        self._ids.add(candidates[0])
        return candidates[0]

    # Steps and texts

    def _in_step(self) -> StepBegan:
        if self._step is None:
            self._steps += 1
            self._step = replace(self._next, number=self._steps)
            self._next = StepBegan(0)
            self._acts.append(self._step)
        return self._step

    def _end_step(self) -> None:
        self._end_text()
        if self._step is not None:
            self._acts.append(acts.StepEnded(self._step.number))
        self._step, self._called, self._calls_id = None, False, ""
        self._texts, self._kept = [], []

    def _say(self, text: str) -> None:
        if not text:
            return
        if self._called:
            # A model that goes on after it has asked for tools gives another answer.
            self._end_step()
        step = self._in_step()
        if not self._text:
            self._text = self._claim(step.message, self.message)
            self._texts.append(self._text)
            self._acts.append(acts.TextBegan(self._text, step.agent))
        self._acts.append(acts.TextGrew(self._text, text))

    def _end_text(self) -> None:
        if self._text:
            self._acts.append(acts.TextEnded(self._text))
        self._text = ""

    def _show(self, shown: Shown) -> None:
        self._acts.append(shown)
        if self._step is not None:
            self._kept.append(shown)

    def _void(self) -> None:
        if self._called or not self._texts:
            return
        self._end_text()
        self._acts.append(acts.Voided(tuple(self._texts), tuple(self._kept)))
        self._texts = []

    # Calls

    def _call(self, id: str, name: str, arguments: JsonObject | None, raw: str = "") -> _Call:
        self._end_text()
        step = self._in_step()
        self._called = True
        if not self._calls_id:
            self._calls_id = self._texts[-1] if self._texts else self._claim(step.message, self.message)
        wire, number = id or "call", 2
        while wire in self._calls:
            wire, number = f"{id or 'call'}-{number}", number + 1
        call = self._calls[wire] = self._names[id] = _Call(wire)
        if arguments is None and not raw:
            arguments = {}
        self._acts.append(acts.CallBegan(wire, name or "tool", arguments, raw, self._calls_id))
        return call

    def _finish_call(self, done: ToolDone) -> None:
        call = self._names.get(done.id) or self._call(done.id, done.name, None)
        if not call.over:
            self._close(call, done)

    def _close(self, call: _Call, done: ToolDone) -> None:
        self._end_text()
        self._called = True
        call.over, call.asked = True, None
        error = "" if done.ok else done.error or _("This was not finished.")
        self._acts.append(acts.CallDone(call.id, done.ok, done.output if done.ok else None, error))

    def _ask(self, request: ApprovalAsked) -> None:
        call = self._names.get(request.call)
        if call is None or call.over:
            call = self._call(request.call, request.name, request.arguments)
        self._end_text()
        self._called = True
        call.asked = Asked(request.id, call.id, request.reason, request.expires_at)
        self._acts.append(call.asked)

    def _answer(self, answer: ApprovalGiven) -> None:
        call = next((call for call in self._calls.values() if call.asked and call.asked.approval == answer.id), None)
        if call is None:
            return
        self._end_text()
        self._called = True
        call.asked = None
        self._acts.append(acts.Answered(answer.id, call.id, answer.approved, answer.reason))
        if not answer.approved:
            call.over = True
            self._acts.append(acts.CallDenied(call.id, answer.reason))

    def _asked(self) -> tuple[Asked, ...]:
        return tuple(call.asked for call in self._calls.values() if call.asked)

    # The end

    def _end(self, end: Ended) -> None:
        done = end.outcome == "done"
        for call in self._calls.values():
            # Who is asked may still answer after the end, unless the run was broken off.
            if not call.over and not (done and call.asked):
                self._close(call, ToolDone(call.id, ok=False))
        self._end_step()
        usage = {**self._usage, **end.usage}
        reason = end.finish_reason if done else ""
        self._acts.append(acts.StreamEnded(end.outcome, reason, end.detail, end.code, self._asked(), usage))
        self.ended = True


def _id_of(data: object) -> str:
    """Return the id of something that is shown, which takes the place of another with the same."""
    found = data.get("id") if isinstance(data, dict) else None
    return found if isinstance(found, str) else ""
