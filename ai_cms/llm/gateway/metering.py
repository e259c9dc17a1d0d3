"""One call from reservation to settlement: attempts, retries, fallbacks, the repair of an invalid answer.

The rules, in order: nothing is sent before credits are held; an attempt is repeated only while nothing of an answer has
arrived; the call is closed exactly once whatever ends it, a client that leaves included.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import NoReturn, TypeVar
from weakref import WeakSet

from django.db import connection

from ai_cms.core.mappings import Columns

from .. import breaker
from ..backends.base import BaseLLMBackend
from ..conf import gateway_settings
from ..credits.reservation import CallPlan, Opened, extend_hold, open_attempt, open_call
from ..credits.settlement import Ending, close_attempt, close_call, outcome_of_error
from ..exceptions import (
    LLMBackendMisconfigured,
    LLMBusy,
    LLMCancelled,
    LLMError,
    LLMInterrupted,
    LLMInvalidOutput,
    LLMUnavailable,
    LLMUnsupported,
)
from ..handler import llms
from ..messages import Deadlines, Restarted, StreamEvent, Thinking, Usage
from ..models import AILog, CallKind, CallStatus, LLMCall
from ..redaction import storable
from ..runs.events import OUTAGE
from ..tokens import estimate_text
from ..workers import lease
from .jobs import Answer, ModelJob, delivered
from .persistence import afterwards, persistently
from .policy import GRACE_SECONDS, is_metered, longest_silence, may_fall_back, path_of, plan_for, retry_pause

__all__ = ["MeteredCall"]

T = TypeVar("T")

logger = logging.getLogger("ai_cms.llm")

#: Seconds between two savings of a stream's text.
SAVE_SECONDS = 1.0
#: Backends that need nothing more before a call is sent.
_prepared: WeakSet[BaseLLMBackend] = WeakSet()


class MeteredCall:
    """Carry out ``job`` by ``plan``. Constructing it makes the reservation; ``events()`` makes the provider's call."""

    def __init__(self, plan: CallPlan, job: ModelJob, aliases: list[str]) -> None:
        self.job = job
        self.metered = plan.metered
        self.began = time.monotonic()
        self.waited = 0.0
        self.retries = 0
        self.repaired = False
        self.finished = False
        #: Whether this process closed the call, so that its rows are as they are stored.
        self.settled = False
        self._aliases = list(aliases)
        self._first_error: LLMError | None = None
        opened = self._open(plan)
        self.call: LLMCall = opened.call
        self.log: AILog = opened.log
        self._admission = opened.admission
        #: Whether the row says already that the call was sent.
        self._is_marked = opened.call.status == CallStatus.RUNNING
        self.backend: BaseLLMBackend = llms[self.call.alias]
        if opened.output != plan.output_hold:
            self.job = job.limited(opened.output)
        self._reset()

    def _open(self, plan: CallPlan) -> Opened:
        while True:
            alias = self._aliases.pop(0)
            try:
                # Between its row and its being sent nothing comes that takes time, or fails.
                at_once = plan.at_once and llms[alias] in _prepared
                return open_call(plan_for(replace(plan, at_once=at_once), self.job, alias), self.job.cancel)
            except (LLMUnavailable, LLMBackendMisconfigured):
                if not self._aliases:
                    raise

    def _reset(self) -> None:
        self._text: list[str] = []
        self._other: list[str] = []
        self._thoughts: list[str] = []
        self._unsaved = False
        self._first_byte: float | None = None
        self._started = self._saved = time.monotonic()

    def events(self) -> Iterator[StreamEvent | Answer]:
        """Yield the events of the answer; the last is an Answer, and by then everything has been settled."""
        try:
            while True:
                try:
                    answer = yield from self._attempt()
                except LLMError as error:
                    restart = self._recover(error)
                    if restart is not None:
                        yield restart
                    continue
                self._succeed(answer)
                yield answer
                return
        except GeneratorExit:
            self._end(LLMCancelled(reason="the client left"), CallStatus.INCOMPLETE)
            raise
        except LLMError:
            raise
        except BaseException as error:
            # A mistake in a backend, or the end of the process: what was held must not stay held.
            self._end(LLMInterrupted(reason=f"{type(error).__name__}: {error}"), None)
            raise

    def abandon(self) -> None:
        """Close a call whose events nobody asked for."""
        if not self.finished:
            nothing = Ending(status=CallStatus.CANCELLED, error_code=LLMCancelled.default_code)
            self._close(lambda: nothing)
            afterwards(lambda: breaker.inconclusive(self.call.alias, self._admission.probe, self.call.kind))

    # One attempt

    def _attempt(self) -> Generator[StreamEvent, None, Answer]:
        if self.job.cancel.cancelled:
            # Not every backend looks before it sends, and what was not sent costs nothing.
            self.abandon()
            raise LLMCancelled(reason="cancelled before it was sent", sent=False)
        # What takes a second at the first call is done before the call counts as sent.
        self.backend.prepare()
        deadlines = self._deadlines()
        _prepared.add(self.backend)
        if not self._is_marked:
            self._mark_running(longest_silence(self.backend, self.job, deadlines))
        self._is_marked = False
        self._reset()
        self._release_connection()
        stream = self.job.events(self.backend, deadlines)
        try:
            for event in stream:
                if isinstance(event, Answer):
                    self._note_first_byte()
                    return event
                self._note(event, deadlines.gap)
                if isinstance(event, Thinking):
                    continue
                try:
                    yield event
                except GeneratorExit:
                    if gateway_settings.LLM_ON_DISCONNECT == "drain":
                        self._drain(stream, deadlines.gap)
                    raise
        finally:
            stream.close()  # type: ignore[attr-defined]
        raise LLMInterrupted(reason="the job ended without an answer")

    def _drain(self, stream: Iterator[StreamEvent | Answer], gap: float) -> None:
        """Read the rest of an answer that nobody waits for, for its text and its usage."""
        try:
            for event in stream:
                if isinstance(event, Answer):
                    self._succeed(event)
                    return
                self._note(event, gap)
        except LLMError as error:
            self._end(error, None)

    def _deadlines(self) -> Deadlines:
        own = self.job.deadlines(self.backend)
        # All attempts share one total, and none gets less than lets it fail by itself.
        left = max(0.5, own.total - (time.monotonic() - self.began))
        return replace(own, total=left, first_byte=min(own.first_byte, left))

    def _mark_running(self, wait: float) -> None:
        mine = LLMCall.objects.open().filter(pk=self.call.pk)
        if not mine.update(status=CallStatus.RUNNING, lease_until=lease(wait + GRACE_SECONDS)):
            raise LLMCancelled(reason="the call was given up and settled meanwhile")

    def _note_first_byte(self) -> None:
        if self._first_byte is None:
            self._first_byte = time.monotonic() - self._started

    def _note(self, event: StreamEvent, gap: float) -> None:
        if isinstance(event, Restarted):
            # It came all the same, and is billed.
            self._other += [] if event.again else self._text
            self._text = []
        if isinstance(event, Thinking):
            self._thoughts.append(event.text)
        text, other = delivered(event)
        if text or other:
            self._note_first_byte()
            self._unsaved = True
        if text:
            self._text.append(text)
        if other:
            self._other.append(other)
        if (self._unsaved or isinstance(event, Thinking)) and time.monotonic() - self._saved >= SAVE_SECONDS:
            self._save(gap)

    def _save(self, gap: float) -> None:
        """Store the text so far and show life, so that a killed process loses no text and no charge."""
        saved = "".join(self._text) + "".join(self._other)
        mine = LLMCall.objects.open().filter(pk=self.call.pk)
        try:
            mine_still = mine.update(partial_text=storable(saved), lease_until=lease(gap + GRACE_SECONDS))
        except OUTAGE:
            if connection.in_atomic_block:
                raise
            # The lease is longer than the wait it covers, so that the answer need not break off for it.
            logger.warning("The text of the call %s cannot be saved yet.", self.call.pk, exc_info=True)
            connection.close()
            self._saved = time.monotonic()
            return
        if not mine_still:
            raise LLMCancelled(reason="the call was given up and settled meanwhile", received=True)
        self._saved, self._unsaved = time.monotonic(), False
        self._release_connection()

    def _release_connection(self) -> None:
        # A provider may take minutes; a database has a hundred connections. Where reconnecting is cheap, wait without.
        if self.backend.makes_real_calls and connection.vendor == "postgresql" and not connection.in_atomic_block:
            connection.close()

    # After an attempt

    def _recover(self, error: LLMError) -> Restarted | None:
        """Prepare another attempt after ``error``, or close the call and raise it."""
        alias = self.call.alias
        pause = self._retry_pause(error)
        if pause is not None:
            self.retries += 1
            self.waited += pause
            self._close_attempt(error)
            if self.job.cancel.wait(pause):
                self._give_up(LLMCancelled(reason="cancelled between attempts"))
            self._next_attempt(alias)
            return None
        if isinstance(error, LLMInvalidOutput):
            repair = self._repair(error)
            if repair is not None:
                return repair
        if self._aliases and not (self._text or self._other) and may_fall_back(error, self.job.kind):
            breaker.failed(alias, error, self._admission.probe, self.call.kind)
            self._first_error = self._first_error or error
            self._close_attempt(error)
            self.retries = 0
            while self._aliases:
                try:
                    self._next_attempt(self._aliases.pop(0))
                    return None
                except (LLMUnavailable, LLMBusy, LLMBackendMisconfigured):
                    logger.info("The fallback of %r does not admit calls either.", alias)
            self._give_up(error, counted=True)
        self._give_up(error)

    def _give_up(self, error: LLMError, *, counted: bool = False) -> NoReturn:
        self._end(error, None, counted=counted)
        if isinstance(error, LLMUnsupported) and self._first_error is not None:
            raise self._first_error
        if isinstance(error, LLMBusy) and error.retry_after is None:
            error.retry_after = math.ceil(gateway_settings.LLM_RETRY_WAIT)
        raise error

    def _next_attempt(self, alias: str, *, repair: bool = False) -> None:
        backend = llms[alias]
        deadlines = self.job.deadlines(backend)
        self.log, admission = open_attempt(
            self.call,
            alias,
            backend=path_of(backend),
            model=self.job.model or backend.model,
            prompt=self.job.prompt(),
            lease_seconds=longest_silence(backend, self.job, deadlines) + GRACE_SECONDS,
            repair=repair,
        )
        if admission is not None:
            self._admission = admission
        self.backend = backend
        self.metered = is_metered(backend)

    def _retry_pause(self, error: LLMError) -> float | None:
        if self._text or self._other:
            return None
        left = self.job.deadlines(self.backend).total - (time.monotonic() - self.began)
        return retry_pause(error, self.job.kind, retries=self.retries, waited=self.waited, left=left)

    def _repair(self, error: LLMInvalidOutput) -> Restarted | None:
        """Begin the one repair of an invalid answer, if it may help and the credits allow it."""
        job = None if self.repaired else self.job.repaired(error)
        if job is None:
            return None
        prompt, output, _least = job.holds(self.log.alias, self.log.model_asked)
        if self.call.hold and not extend_hold(self.call, prompt + output):
            return None
        self.repaired = True
        self._close_attempt(error)
        self.job = job
        self._next_attempt(self.call.alias, repair=True)
        return Restarted(error.problems)

    # Endings

    def _times(self) -> Columns:
        first = None if self._first_byte is None else round(self._first_byte * 1000)
        return {"latency_ms": round((time.monotonic() - self._started) * 1000), "first_byte_ms": first}

    def _error_outcome(self, error: LLMError, times: Columns) -> Ending:
        fields = outcome_of_error(
            error,
            log=self.log,
            prompt_estimate=self.job.prompt_estimate(self.log.alias, self.log.model_asked),
            text="".join(self._text),
            other_output="".join([*self._other, *self._thoughts]),
        )
        return Ending(**fields, **times)

    def _close_attempt(self, error: LLMError) -> None:
        times = self._times()
        persistently(lambda: close_attempt(self.log, self._error_outcome(error, times), metered=self.metered))

    def _succeed(self, answer: Answer) -> None:
        times = self._times()
        self._close(lambda: Ending(**self.job.outcome(answer.value, self.log), **times))
        if not self._admission.untroubled:
            afterwards(lambda: breaker.succeeded(self.call.alias, self.call.kind))
        afterwards(lambda: self._learn(answer.value.usage))

    def _learn(self, usage: Usage) -> None:
        if usage.reported and self.job.kind == CallKind.TEXT:
            delivered = "".join(self._text) + "".join(self._other)
            # More tokens than bytes: the model has thought, and its words say nothing about their number.
            heard = usage.output_tokens <= len(delivered.encode("utf-8", "replace"))
            output = estimate_text(delivered) if heard else 0
            self.job.learn(self.log, output, usage)

    def _end(self, error: LLMError, status: str | None, *, counted: bool = False) -> None:
        if self.finished:
            return
        times = self._times()

        def outcome() -> Ending:
            found = self._error_outcome(error, times)
            return found if status is None else replace(found, status=status)

        self._close(outcome)
        if not counted:
            afterwards(lambda: self._tell_breaker(error))

    def _tell_breaker(self, error: LLMError) -> None:
        alias = self.call.alias
        if isinstance(error, LLMCancelled | LLMUnsupported):
            breaker.inconclusive(alias, self._admission.probe, self.call.kind)
        elif error.counts_as_failure:
            breaker.failed(alias, error, self._admission.probe, self.call.kind)
        else:
            breaker.succeeded(alias, self.call.kind)

    def _close(self, outcome: Callable[[], Ending]) -> None:
        """Settle; ``outcome`` is worked out inside, because an estimate may have to ask the database."""
        self.finished = True
        self.job.cancel.release()
        self.settled = persistently(lambda: close_call(self.call, self.log, outcome(), metered=self.metered))
        if not self.settled:
            logger.warning(
                "The call %s had been given up and settled by estimate before its answer came.", self.call.pk
            )
