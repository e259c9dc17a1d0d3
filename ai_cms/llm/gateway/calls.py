"""The functions of the gateway.

::

    result = call(LLMRequest([Message.user("…")]), actor=request.user, task="summary", target=page)
    result.text, result.call_id, result.provenance()

    with stream(request, actor=user) as events:      # credits are held by now, errors so far are raised here
        for event in events:                         # TextDelta, ToolCallDelta, UsageEvent, Restarted
            ...
    events.result

    with transaction.atomic():                       # what the call is for, and its credits, or neither
        run = start_run(…)
        reservation = reserve(request, actor=user, run_id=run.pk)

Credits are held before anything is sent, and settled once, whatever happens: see :mod:`ai_cms.llm.gateway.metering`. Call it
outside of transactions (it refuses to be called inside one): no lock may be held while a provider thinks.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar, Unpack
from uuid import UUID

from django.db import connections

from ai_cms.core.exceptions import PermissionRefused
from ai_cms.core.permissions import Actor, ActorLike, get_policy

from ..backends.threads import arun, astream_of
from ..conf import gateway_settings
from ..credits.budgets import agent_key
from ..credits.reservation import CallPlan, fingerprint, replayable, reserve_call
from ..credits.settlement import sweep
from ..handler import DEFAULT_ALIAS, llms
from ..messages import CancelToken, ImageRequest, LLMRequest, StreamEvent
from ..models import LLMCall
from .jobs import EmbeddingJob, ImageJob, ModelJob, TextJob
from .metering import MeteredCall
from .options import CallOptions, Carrier
from .policy import is_metered
from .results import CallResult, CallStream, finished, replayed

__all__ = ["acall", "aembed", "agenerate_image", "astream", "call", "embed", "generate_image", "reserve", "stream"]

T = TypeVar("T")

#: Seconds between two looks of a process for calls that a killed process left open.
SWEEP_SECONDS = 60.0


def call(request: LLMRequest, *, actor: ActorLike, **options: Unpack[CallOptions]) -> CallResult:
    """Answer ``request`` and return the whole answer; ``options`` are CallOptions. Raises LLMError."""
    return _whole(_text_job(request, options), actor, options)


def stream(request: LLMRequest, *, actor: ActorLike, **options: Unpack[CallOptions]) -> CallStream:
    """Answer ``request`` in pieces; arguments as call().

    The credits are held when this returns: refusals for want of credits, permission or room are raised here, what the
    provider does is raised by the iteration.
    """
    return _start(_text_job(request, options), actor, options)


def _text_job(request: LLMRequest, options: CallOptions) -> TextJob:
    cancel = _cancel_of(options.get("run"), request.cancel)
    return TextJob(request.replace(task=request.task or options.get("task", ""), cancel=cancel))


def reserve(
    request: LLMRequest, *, actor: ActorLike, run_id: UUID | None = None, **options: Unpack[CallOptions]
) -> UUID | None:
    """Hold the credits of a call that is made later, in the caller's transaction; ``None`` if it costs nothing.

    ``options``: as of the call. The call gets what is returned as ``reservation``. If the run ``run_id`` ends without making it,
    or nobody does for ten minutes, the credits are given back. Raises LLMCreditsExhausted, PermissionRefused.
    """
    who = Actor.of(actor)
    job = TextJob(request.replace(task=request.task or options.get("task", "")))
    plan = _plan(job, who, options)
    reserved = reserve_call(replace(plan, run_id=run_id))
    return reserved.pk if reserved is not None else None


def generate_image(request: ImageRequest, *, actor: ActorLike, **options: Unpack[CallOptions]) -> CallResult:
    """Make an image; ``response`` of the result is an ImageResponse. Costs image credits. Arguments as call()."""
    job = ImageJob(replace(request, cancel=_cancel_of(options.get("run"), request.cancel)))
    return _whole(job, actor, {"task": "image", **options})


def embed(
    texts: Sequence[str],
    *,
    actor: ActorLike,
    model: str = "",
    dimensions: int | None = None,
    cancel: CancelToken | None = None,
    **options: Unpack[CallOptions],
) -> CallResult:
    """Turn ``texts`` into vectors; ``response`` of the result is an EmbeddingResponse. Arguments as call().

    ``cancel``: stops the call.
    """
    token = _cancel_of(options.get("run"), cancel or CancelToken())
    return _whole(EmbeddingJob(list(texts), model, dimensions, token), actor, {"task": "embed", **options})


async def acall(request: LLMRequest, *, actor: ActorLike, **options: Unpack[CallOptions]) -> CallResult:
    """See call(). Cancelling the task stops the call and settles it."""
    return await arun(lambda: _in_thread(lambda: call(request, actor=actor, **options)), request.cancel)


async def astream(
    request: LLMRequest, *, actor: ActorLike, **options: Unpack[CallOptions]
) -> AsyncIterator[StreamEvent | CallResult]:
    """Yield the events of stream() and at last its CallResult. Leaving early stops the provider's stream.

    A refusal is raised by the first step of the iteration.
    """
    # Draining needs the provider's stream to go on; then leaving only ends the reading.
    token = CancelToken() if gateway_settings.LLM_ON_DISCONNECT == "drain" else request.cancel
    # Closed with this iterator and not when somebody collects what is left of it.
    async with aclosing(astream_of(lambda: _stream_in_thread(request, actor, options), token)) as events:
        async for event in events:
            yield event


async def agenerate_image(request: ImageRequest, *, actor: ActorLike, **options: Unpack[CallOptions]) -> CallResult:
    """See generate_image()."""
    return await arun(lambda: _in_thread(lambda: generate_image(request, actor=actor, **options)), request.cancel)


async def aembed(
    texts: Sequence[str],
    *,
    actor: ActorLike,
    model: str = "",
    dimensions: int | None = None,
    cancel: CancelToken | None = None,
    **options: Unpack[CallOptions],
) -> CallResult:
    """See embed()."""
    token = cancel or CancelToken()

    def work() -> CallResult:
        return embed(texts, actor=actor, model=model, dimensions=dimensions, cancel=token, **options)

    return await arun(lambda: _in_thread(work), token)


def _stream_in_thread(
    request: LLMRequest, actor: ActorLike, options: CallOptions
) -> Iterator[StreamEvent | CallResult]:
    try:
        with stream(request, actor=actor, **options) as events:
            yield from events
        yield finished(events)
    finally:
        connections.close_all()


def _in_thread(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()


def _whole(job: ModelJob, actor: ActorLike, options: CallOptions) -> CallResult:
    with _start(job, actor, options, at_once=True) as events:
        for _event in events:
            pass
    return finished(events)


def _start(job: ModelJob, actor: ActorLike, options: CallOptions, *, at_once: bool = False) -> CallStream:
    try:
        return _opened(job, actor, options, at_once=at_once)
    except BaseException:
        job.cancel.release()
        raise


def _opened(job: ModelJob, actor: ActorLike, options: CallOptions, *, at_once: bool) -> CallStream:
    plan = replace(_plan(job, Actor.of(actor), options), at_once=at_once)
    # First, because a killed process may have left the key in use.
    _sweep_now_and_then()
    earlier = replayable(plan)
    if earlier is not None:
        job.cancel.release()
        return CallStream(None, replayed(earlier, job))
    return CallStream(MeteredCall(plan, job, llms.chain(plan.alias)))


def _plan(job: ModelJob, who: Actor, options: CallOptions) -> CallPlan:
    if not get_policy(LLMCall).can(who, "add"):
        raise PermissionRefused
    alias = options.get("alias", DEFAULT_ALIAS)
    run = options.get("run")
    key = options.get("idempotency_key", "")
    backends = [llms[name] for name in llms.chain(alias)]
    model = job.model or backends[0].model
    prompt_hold, output_hold, least = job.holds(alias, model)
    return CallPlan(
        user=who.account,
        alias=alias,
        kind=job.kind,
        task=options.get("task", ""),
        agent=options.get("agent", "") or ("" if who.agent is None else agent_key(who.agent.pk)),
        target=options.get("target"),
        target_label=options.get("target_label", ""),
        run_id=run.run_id if run is not None else None,
        reservation=options.get("reservation"),
        idempotency_key=key,
        request_hash=fingerprint([alias, job.identity()]) if key else "",
        prompt=job.prompt(),
        prompt_estimate=job.prompt_estimate(alias, model),
        prompt_hold=prompt_hold,
        output_hold=output_hold,
        least_output=least,
        metered=any(is_metered(backend) for backend in backends),
    )


def _cancel_of(run: Carrier | None, own: CancelToken) -> CancelToken:
    """Return the token that stops the call: its own and the run's, if it belongs to one that is being carried out."""
    return CancelToken.of_both(run.cancel, own) if run is not None else own


_last_sweep = time.monotonic()


def _sweep_now_and_then() -> None:
    global _last_sweep
    now = time.monotonic()
    if now - _last_sweep >= SWEEP_SECONDS:
        _last_sweep = now
        sweep(limit=20)
