"""The one way to call a model: metered, limited, logged.

::

    result = call(LLMRequest([Message.user("…")]), actor=request.user, task="summary", target=page)
    result.text, result.call_id, result.provenance()

    with stream(request, actor=user) as events:      # credits are held by now, errors so far are raised here
        for event in events:                         # TextDelta, ToolCallDelta, UsageEvent, Restarted
            ...
    events.result

Credits are held before anything is sent, and settled once, whatever happens: see :mod:`ai_cms.llm.gateway.metering`. Call it
outside of transactions (it refuses to be called inside one): no lock may be held while a provider thinks.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db import connections, models

from ai_cms.core.exceptions import Conflict, PermissionRefused
from ai_cms.core.permissions import Actor, get_policy

from ..backends.threads import arun, astream_of
from ..conf import gateway_settings
from ..credits.reservation import CallPlan, fingerprint, replayable
from ..credits.settlement import sweep
from ..exceptions import LLMError
from ..handler import DEFAULT_ALIAS, llms
from ..messages import CancelToken, ImageRequest, LLMRequest, LLMResponse, ToolCall, Usage
from ..models import AILog, LLMCall
from ..schema import parse_output
from .jobs import Answer, EmbeddingJob, ImageJob, Job, TextJob
from .metering import MeteredCall, Restarted, is_metered, persistently

__all__ = [
    "CallResult",
    "CallStream",
    "Restarted",
    "acall",
    "aembed",
    "agenerate_image",
    "astream",
    "call",
    "embed",
    "generate_image",
    "stream",
]

T = TypeVar("T")

#: Seconds between two looks of a process for calls that a killed process left open.
SWEEP_SECONDS = 60.0


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

    def provenance(self) -> dict[str, Any]:
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

    def __next__(self) -> Any:
        self._touched = True
        event = next(self._events)
        if isinstance(event, Answer) and self._metered is not None:
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

    def __exit__(self, *exc_info: Any) -> None:
        self.close()


def call(
    request: LLMRequest,
    *,
    actor: Actor | Any,
    alias: str = DEFAULT_ALIAS,
    task: str = "",
    target: models.Model | None = None,
    target_label: str = "",
    agent: str = "",
    idempotency_key: str = "",
    run: Any = None,
) -> CallResult:
    """Answer ``request`` and return the whole answer.

    ``task``, ``target``, ``target_label`` (instead of a target, or beside it): what the call is for, in the log.
    ``agent``: the key of the budget it draws on. ``idempotency_key``: a repeated call of this user with the same key
    and request gets the first one's answer. ``run``: the RunContext or Run it belongs to; a context also cancels it.
    Raises LLMError.
    """
    with stream(
        request, actor=actor, alias=alias, task=task, target=target, target_label=target_label, agent=agent,
        idempotency_key=idempotency_key, run=run,
    ) as events:  # fmt: skip
        for _event in events:
            pass
    return _finished(events)


def stream(
    request: LLMRequest,
    *,
    actor: Actor | Any,
    alias: str = DEFAULT_ALIAS,
    task: str = "",
    target: models.Model | None = None,
    target_label: str = "",
    agent: str = "",
    idempotency_key: str = "",
    run: Any = None,
) -> CallStream:
    """Answer ``request`` in pieces; arguments as call().

    The credits are held when this returns: refusals for want of credits, permission or room are raised here, what the
    provider does is raised by the iteration.
    """
    request = request.replace(task=request.task or task, cancel=_cancel_of(run, request.cancel))
    return _start(
        TextJob(request), actor=actor, alias=alias, task=task, target=target, target_label=target_label, agent=agent,
        idempotency_key=idempotency_key, run=run,
    )  # fmt: skip


def generate_image(
    request: ImageRequest,
    *,
    actor: Actor | Any,
    alias: str = DEFAULT_ALIAS,
    task: str = "image",
    target: models.Model | None = None,
    target_label: str = "",
    agent: str = "",
    idempotency_key: str = "",
    run: Any = None,
) -> CallResult:
    """Make an image; ``response`` of the result is an ImageResponse. Costs image credits. Arguments as call()."""
    job = ImageJob(replace(request, cancel=_cancel_of(run, request.cancel)))
    return _whole(
        job, actor=actor, alias=alias, task=task, target=target, target_label=target_label, agent=agent,
        idempotency_key=idempotency_key, run=run,
    )  # fmt: skip


def embed(
    texts: Sequence[str],
    *,
    actor: Actor | Any,
    alias: str = DEFAULT_ALIAS,
    model: str = "",
    dimensions: int | None = None,
    cancel: CancelToken | None = None,
    task: str = "embed",
    target: models.Model | None = None,
    target_label: str = "",
    agent: str = "",
    idempotency_key: str = "",
    run: Any = None,
) -> CallResult:
    """Turn ``texts`` into vectors; ``response`` of the result is an EmbeddingResponse. Arguments as call().

    ``cancel``: stops the call.
    """
    job = EmbeddingJob(list(texts), model, dimensions, _cancel_of(run, cancel or CancelToken()))
    return _whole(
        job, actor=actor, alias=alias, task=task, target=target, target_label=target_label, agent=agent,
        idempotency_key=idempotency_key, run=run,
    )  # fmt: skip


async def acall(request: LLMRequest, **options: Any) -> CallResult:
    """See call(). Cancelling the task stops the call and settles it."""
    return await arun(lambda: _in_thread(lambda: call(request, **options)), request.cancel)


async def astream(request: LLMRequest, **options: Any) -> AsyncIterator[Any]:
    """Yield the events of stream() and at last its CallResult. Leaving early stops the provider's stream.

    A refusal is raised by the first step of the iteration.
    """
    # Draining needs the provider's stream to go on; then leaving only ends the reading.
    token = CancelToken() if gateway_settings.LLM_ON_DISCONNECT == "drain" else request.cancel
    # Closed with this iterator and not when somebody collects what is left of it.
    async with aclosing(astream_of(lambda: _stream_in_thread(request, options), token)) as events:
        async for event in events:
            yield event


async def agenerate_image(request: ImageRequest, **options: Any) -> CallResult:
    """See generate_image()."""
    return await arun(lambda: _in_thread(lambda: generate_image(request, **options)), request.cancel)


async def aembed(texts: Sequence[str], *, cancel: CancelToken | None = None, **options: Any) -> CallResult:
    """See embed()."""
    token = cancel or CancelToken()
    return await arun(lambda: _in_thread(lambda: embed(texts, cancel=token, **options)), token)


def _stream_in_thread(request: LLMRequest, options: dict[str, Any]) -> Iterator[Any]:
    try:
        with stream(request, **options) as events:
            yield from events
        yield _finished(events)
    finally:
        connections.close_all()


def _in_thread(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()


def _whole(job: Job, **options: Any) -> CallResult:
    with _start(job, **options) as events:
        for _event in events:
            pass
    return _finished(events)


def _start(job: Job, **options: Any) -> CallStream:
    try:
        return _opened(job, **options)
    except BaseException:
        job.cancel.release()
        raise


def _opened(
    job: Job,
    *,
    actor: Actor | Any,
    alias: str,
    task: str,
    target: models.Model | None,
    target_label: str,
    agent: str,
    idempotency_key: str,
    run: Any,
) -> CallStream:
    who = Actor.of(actor)
    if not get_policy(LLMCall).can(who, "add"):
        raise PermissionRefused
    aliases = llms.chain(alias)
    backends = [llms[name] for name in aliases]
    model = job.model or backends[0].model
    prompt_hold, output_hold, least = job.holds(alias, model)
    plan = CallPlan(
        user=who.account,
        alias=alias,
        kind=job.kind,
        task=task,
        agent=agent,
        target=target,
        target_label=target_label,
        run_id=getattr(run, "run_id", None) or getattr(run, "pk", None),
        idempotency_key=idempotency_key,
        request_hash=fingerprint([alias, job.identity()]) if idempotency_key else "",
        prompt=job.prompt(),
        prompt_estimate=job.prompt_estimate(),
        prompt_hold=prompt_hold,
        output_hold=output_hold,
        least_output=least,
        metered=any(is_metered(backend) for backend in backends),
    )
    # First, because a killed process may have left the key in use.
    _sweep_now_and_then()
    earlier = replayable(plan)
    if earlier is not None:
        job.cancel.release()
        return CallStream(None, _replayed(earlier, job))
    return CallStream(MeteredCall(plan, job, aliases))


def _result(metered: MeteredCall, value: Any) -> CallResult:
    persistently(metered.call.refresh_from_db)
    persistently(metered.log.refresh_from_db)
    return CallResult(value, metered.call, metered.log, metered.backend.provenance)


def _finished(events: CallStream) -> CallResult:
    if events.result is None:
        raise LLMError(reason="the call ended without a result")
    return events.result


def _replayed(earlier: LLMCall, job: Job) -> CallResult:
    """Return the result of a finished call once more, or raise its error again."""
    log = earlier.logs.order_by("attempt").last()
    if earlier.error_code:
        raise _error_of(earlier.error_code)
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


def _cancel_of(run: Any, own: CancelToken) -> CancelToken:
    """Return the token that stops the call: its own and the run's, if it belongs to one that is being carried out."""
    token = getattr(run, "cancel", None)
    return CancelToken.of_both(token, own) if isinstance(token, CancelToken) else own


def _error_of(code: str) -> LLMError:
    """Return the error with the code that a call ended with."""
    found = [LLMError]
    for kind in found:
        found.extend(kind.__subclasses__())
    matching = (kind for kind in found if kind.default_code == code)
    return next(matching, LLMError)(code=code, reason="the same request ended so before")


_last_sweep = time.monotonic()


def _sweep_now_and_then() -> None:
    global _last_sweep
    now = time.monotonic()
    if now - _last_sweep >= SWEEP_SECONDS:
        _last_sweep = now
        sweep(limit=20)
