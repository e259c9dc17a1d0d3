"""When an attempt is repeated, when another backend is asked instead, and how long one may be silent."""

from __future__ import annotations

import random
from dataclasses import replace

from ..backends.base import BaseLLMBackend
from ..conf import gateway_settings
from ..credits.reservation import CallPlan
from ..exceptions import (
    LLMBackendMisconfigured,
    LLMBusy,
    LLMError,
    LLMTimeout,
    LLMUnavailable,
    LLMUnsupported,
)
from ..handler import llms
from ..messages import Deadlines
from ..models import CallKind
from .jobs import ModelJob

__all__ = ["GRACE_SECONDS", "is_metered", "longest_silence", "may_fall_back", "path_of", "plan_for", "retry_pause"]

#: Seconds that a lease is longer than the wait it covers.
GRACE_SECONDS = 30.0
#: Seconds before the first retry, where the provider names none; each further one waits twice as long.
FIRST_PAUSE = 0.4


def retry_pause(error: LLMError, kind: str, *, retries: int, waited: float, left: float) -> float | None:
    """Return the seconds to wait before the next attempt, ``None`` if there should be none.

    ``retries`` and ``waited``: attempts and seconds so far. ``left``: seconds of the call's total. To be asked while
    nothing of an answer has come.
    """
    if not error.retryable or retries >= gateway_settings.LLM_RETRIES:
        return None
    if kind == CallKind.IMAGE and not isinstance(error, LLMBusy):
        # An image that was made before the connection broke would be bought twice.
        return None
    jitter = random.uniform(0.75, 1.25)  # noqa: S311 - spreads retries, hides nothing
    pause = float(error.retry_after or 0) or FIRST_PAUSE * 2**retries * jitter
    if waited + pause > gateway_settings.LLM_RETRY_WAIT:
        return None
    return pause if pause < left else None


def may_fall_back(error: LLMError, kind: str) -> bool:
    """Return whether another backend may be asked. To be asked while nothing of an answer has come."""
    if error.received:
        return False
    if kind == CallKind.IMAGE:
        return isinstance(error, LLMBusy | LLMBackendMisconfigured)
    return isinstance(error, LLMUnavailable | LLMTimeout | LLMBusy | LLMBackendMisconfigured | LLMUnsupported)


def is_metered(backend: BaseLLMBackend) -> bool:
    """Return whether calls of ``backend`` cost credits: results worked out by rules are free."""
    return backend.provenance == "model"


def path_of(backend: BaseLLMBackend) -> str:
    """Return the dotted path of a backend's class, for the log."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def plan_for(plan: CallPlan, job: ModelJob, alias: str) -> CallPlan:
    """Return ``plan`` for the backend of ``alias``."""
    backend = llms[alias]
    deadlines = job.deadlines(backend)
    return replace(
        plan,
        alias=alias,
        backend=path_of(backend),
        model=job.model or backend.model,
        lease_seconds=longest_silence(backend, job, deadlines) + GRACE_SECONDS,
    )


def longest_silence(backend: BaseLLMBackend, job: ModelJob, deadlines: Deadlines) -> float:
    """Return the seconds for which an attempt may show no life before its own deadlines end it."""
    if backend.supports_streaming and job.streams:
        return max(deadlines.first_byte, deadlines.gap)
    return deadlines.total
