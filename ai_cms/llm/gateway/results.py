"""What a caller gets: the result of a call, or its events and then the result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from ai_cms.core.exceptions import Conflict

from ...core.jsontypes import JsonObject
from ..exceptions import LLMError, error_of_code
from ..messages import LLMResponse, StreamEvent, ToolCall, Usage
from ..models import AILog, LLMCall
from ..schema import parse_output
from .jobs import Answer, ModelJob, TextJob
from .metering import MeteredCall
from .persistence import persistently

__all__ = ["CallResult", "CallStream", "finished", "replayed"]


@dataclass(frozen=True)
class CallResult:
    """What a call brought: ``response`` as the backend returned it, and where it is logged."""

    response: Any
    call: LLMCall
    log: AILog
    source: str = "model"

    @property
    def call_id(self) -> str:
        return str(self.call.pk)

    @property
    def text(self) -> str:
        return str(self.response.text)

    @property
    def parsed(self) -> Any:
        return self.response.parsed

    @property
    def truncated(self) -> bool:
        return bool(self.response.truncated)

    @property
    def usage(self) -> Usage:
        return Usage(
            self.log.tokens_in, self.log.tokens_out, self.log.tokens_cached, self.log.usage_source == "reported"
        )

    def provenance(self) -> JsonObject:
        """Return where the result comes from, as blocks keep it: ``{"source", "model", "call"}``."""
        model = self.log.model_answered or self.log.model_asked
        return {"source": self.source, **({"model": model} if model else {}), "call": str(self.log.pk)}


class CallStream:
    """The events of a streamed call; afterwards ``result`` holds the finished answer.

    Closing it early stops the provider's stream, keeps the text and settles.
    """

    def __init__(self, metered: MeteredCall | None, replayed: CallResult | None = None) -> None:
        self._metered = metered
        self._events = metered.events() if metered is not None else iter(())
        self._touched = False
        self.result: CallResult | None = replayed

    @property
    def call_id(self) -> str:
        owner = self._metered if self._metered is not None else self.result
        assert owner is not None  # noqa: S101 - the constructor has set one of them
        return str(owner.call.pk)

    def __iter__(self) -> CallStream:
        return self

    def __next__(self) -> StreamEvent:
        self._touched = True
        event = next(self._events)
        if isinstance(event, Answer):
            assert self._metered is not None  # noqa: S101 - nothing else sends events
            self.result = _result(self._metered, event.value)
            raise StopIteration
        return event

    def close(self) -> None:
        """Stop; calling it again, or after the end, does nothing."""
        if self._metered is None:
            return
        if not self._touched:
            self._metered.abandon()
        self._events.close()  # type: ignore[attr-defined]

    def __enter__(self) -> CallStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _result(metered: MeteredCall, value: object) -> CallResult:
    log = metered.log
    if not metered.settled:
        # Somebody else did, by estimate.
        logs = AILog.objects.select_related("call")
        log = persistently(lambda: logs.get(pk=metered.log.pk))
    return CallResult(value, log.call, log, metered.backend.provenance)


def finished(events: CallStream) -> CallResult:
    """Return the result of a stream that has been read to its end."""
    if events.result is None:
        raise LLMError(reason="the call ended without a result")
    return events.result


def replayed(earlier: LLMCall, job: ModelJob) -> CallResult:
    """Return the result of a finished call once more, or raise its error again."""
    log = earlier.logs.order_by("attempt").last()
    if earlier.error_code:
        raise error_of_code(earlier.error_code, reason="the same request ended so before")
    stored = earlier.result
    if stored is None or log is None:
        raise Conflict(code="ai_already_done")
    response = LLMResponse(
        text=stored["text"],
        tool_calls=tuple(ToolCall(*call) for call in stored["tool_calls"]),
        usage=Usage(log.tokens_in, log.tokens_out, log.tokens_cached, log.usage_source == "reported"),
        finish_reason=stored["finish_reason"],
        model=stored["model"],
        request_id=stored["request_id"],
    )
    if isinstance(job, TextJob) and job.request.response_model is not None and not response.tool_calls:
        response = replace(response, parsed=parse_output(job.request.response_model, response.text))
    return CallResult(response, earlier, log)
