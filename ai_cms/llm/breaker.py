"""The circuit breaker of an alias, one for each kind of call, shared by all processes through its BackendState row.

Closed: calls pass. After ``LLM_BREAKER_FAILURES`` failures in a row it is open: calls are refused without being made.
After ``LLM_BREAKER_SECONDS`` one call may try (half-open); its success closes the circuit, its failure opens it again.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from .conf import gateway_settings
from .exceptions import LLMBackendMisconfigured, LLMError, LLMUnavailable
from .models import BackendState, CallKind
from .signals import backend_misconfigured
from .workers import lease

__all__ = ["Admission", "admit", "failed", "inconclusive", "reset", "succeeded"]

logger = logging.getLogger("ai_cms.llm")

#: Seconds that the one call of a half-open circuit may take to tell how it went; then another may try.
PROBE_SECONDS = 90


@dataclass(frozen=True)
class Admission:
    """How a circuit stood when it let a call pass.

    ``probe``: a time if the call is the one that may try a half-open circuit, which inconclusive() wants to know.
    ``untroubled``: it was closed and nothing had failed, so that a success has nothing to end.
    """

    probe: datetime | None = None
    untroubled: bool = False


def admit(alias: str, kind: str = CallKind.TEXT) -> Admission:
    """Let a call pass, or raise LLMUnavailable (LLMBackendMisconfigured where that opened the circuit).

    Call it first in the transaction that admits the call: its UPDATE locks the row, so that whoever counts open calls of the
    alias afterwards counts alone.
    """
    if kind != CallKind.TEXT:
        _lock(alias)
    state = BackendState.objects.filter(alias=alias, kind=kind)
    if (passed := _pass(state)) is not None:
        return passed
    current, _created = BackendState.objects.get_or_create(alias=alias, kind=kind)
    # It was new, or somebody closed the circuit in between.
    if (passed := _pass(state)) is not None:
        return passed
    now = timezone.now()
    until = max(moment for moment in (current.open_until, current.probe_until, now) if moment is not None)
    wait = max(1, math.ceil((until - now).total_seconds()))
    refusal = (
        LLMBackendMisconfigured if current.last_error_code == LLMBackendMisconfigured.default_code else LLMUnavailable
    )
    raise refusal(
        reason=f"the circuit of {alias!r} is open after {current.failures} failures ({current.last_error_code})",
        retry_after=min(wait, math.ceil(gateway_settings.LLM_BREAKER_SECONDS)),
        retryable=False,
    )


def _lock(alias: str) -> None:
    """Lock the row under which the open calls of an alias are counted, whatever their kind."""
    row = BackendState.objects.filter(alias=alias, kind=CallKind.TEXT)
    if not row.update(admitted=F("admitted")):
        BackendState.objects.get_or_create(alias=alias, kind=CallKind.TEXT)
        row.update(admitted=F("admitted"))


def _pass(state: QuerySet[BackendState]) -> Admission | None:
    """Count a call in if the circuit is closed, or if it is half-open and this is the call that may try."""
    now = timezone.now()
    closed = state.filter(open_until__isnull=True)
    if closed.filter(failures=0).update(admitted=F("admitted") + 1):
        return Admission(untroubled=True)
    if closed.update(admitted=F("admitted") + 1):
        return Admission()
    half_open = Q(open_until__lte=now) & (Q(probe_until__isnull=True) | Q(probe_until__lte=now))
    probe = lease(PROBE_SECONDS)
    tries = state.filter(half_open).update(admitted=F("admitted") + 1, probe_until=probe)
    return Admission(probe) if tries else None


def succeeded(alias: str, kind: str = CallKind.TEXT) -> None:
    """Note that the provider answered: a row of failures is over."""
    # The usual case writes nothing: there was no failure.
    BackendState.objects.filter(alias=alias, kind=kind).filter(Q(failures__gt=0) | Q(open_until__isnull=False)).update(
        failures=0, open_until=None, probe_until=None, last_success_at=timezone.now()
    )


def failed(alias: str, error: LLMError, probe: datetime | None = None, kind: str = CallKind.TEXT) -> None:
    """Note that a call failed; open the circuit where that was one too many. Staff is told of a wrong set-up."""
    if isinstance(error, LLMBackendMisconfigured):
        logger.error("The backend %r is misconfigured: %s", alias, error.reason or error.detail)
        backend_misconfigured.send(BackendState, alias=alias, error=error)
    if not error.counts_as_failure or (isinstance(error, LLMBackendMisconfigured) and not error.opens_circuit):
        # What it does not take of one request says nothing about the next, which may be somebody else's.
        inconclusive(alias, probe, kind)
        return
    now = timezone.now()
    state = BackendState.objects.filter(alias=alias, kind=kind)
    state.update(failures=F("failures") + 1, last_error_code=error.code, last_error_at=now, probe_until=None)
    opened = state.filter(failures__gte=gateway_settings.LLM_BREAKER_FAILURES).update(
        open_until=now + timedelta(seconds=gateway_settings.LLM_BREAKER_SECONDS)
    )
    if opened:
        logger.warning("The circuit of the backend %r is open: %s", alias, error)


def inconclusive(alias: str, probe: datetime | None, kind: str = CallKind.TEXT) -> None:
    """Note that a call ended without telling how the provider does: where it was the one to try, another may."""
    if probe is not None:
        BackendState.objects.filter(alias=alias, kind=kind, probe_until=probe).update(probe_until=None)


def reset(alias: str) -> None:
    """Close the circuits of an alias by hand."""
    BackendState.objects.filter(alias=alias).update(failures=0, open_until=None, probe_until=None, last_error_code="")
