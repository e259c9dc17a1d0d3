"""The end of a call: its attempts are logged, what it held is given back and what it used is charged, exactly once.

Whoever closes the call first (the process that made it, or the sweeper after that process died) wins by a
compare-and-set; everything else happens in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from ai_cms.core.mappings import Columns

from ..conf import gateway_settings
from ..exceptions import (
    InvalidLLMBackend,
    LLMCancelled,
    LLMEmptyOutput,
    LLMError,
    LLMInterrupted,
    LLMInvalidImage,
    LLMOutputLimit,
    LLMRefused,
    LLMTimeout,
)
from ..handler import llms
from ..messages import Usage
from ..models import AILog, CallKind, CallStatus, LLMCall, UsageSource
from ..redaction import log_text, redacted, storable
from ..signals import llm_call_finished
from ..tokens import estimate_text
from ..workers import is_gone
from . import budgets, ratios
from . import ledger as credits
from .pricing import FREE, cost_of, price_of

__all__ = [
    "Ending",
    "close_attempt",
    "close_call",
    "outcome_of_error",
    "release_reservation",
    "release_reservations_of",
    "sweep",
]

#: How long credits are held for a call that nobody begins.
RESERVED_FOR = timedelta(minutes=9)


NO_USAGE = Usage(reported=False)


@dataclass(frozen=True)
class Ending:
    """How an attempt ended. ``usage.reported`` false means an estimate; ``charge`` is in tokens or images."""

    status: str
    usage: Usage = NO_USAGE
    charge: int = 0
    images: int = 0
    text: str = ""
    model: str = ""
    request_id: str = ""
    finish_reason: str = ""
    error_code: str = ""
    error_detail: str = ""
    latency_ms: int | None = None
    first_byte_ms: int | None = None
    result: Any = None


def outcome_of_error(error: LLMError, *, log: AILog, prompt_estimate: int, text: str, other_output: str) -> Columns:
    """Return the fields of the Ending of the attempt ``log`` that ended with ``error``.

    What the provider reported is charged; where it reported nothing, the prompt and what it delivered, if it had begun
    to answer. ``prompt_estimate`` is plain; ``text`` and ``other_output`` (tools' arguments, thinking) are what had
    arrived.
    """
    text = max(error.partial, text, key=len)
    usage = error.usage
    if usage is None or not usage.reported:
        usage = NO_USAGE
        if _is_billed(error, text or other_output):
            output = estimate_text(text, other_output)
            usage = _estimated(log, prompt_estimate, output)
    images = _billed_images(error) if log.kind == CallKind.IMAGE else 0
    return {
        "status": _status_of(error, text),
        "usage": usage,
        "charge": images if log.kind == CallKind.IMAGE else usage.total_tokens,
        "images": images,
        "text": text,
        "model": error.model,
        "request_id": error.request_id,
        "error_code": error.code,
        "error_detail": error.reason or str(error.detail),
    }


def _billed_images(error: LLMError) -> int:
    """Return how many images a provider will bill of an attempt that ended with ``error``."""
    if gateway_settings.LLM_REFUND_INVALID_IMAGES:
        return 0
    if isinstance(error, LLMInvalidImage):
        return error.count
    # An answer that broke off, or that nobody waited for, is an image all the same; a login page is none.
    return int(_is_billed(error, "") and not isinstance(error, LLMEmptyOutput))


def _is_billed(error: LLMError, delivered: str) -> bool:
    """Return whether a provider that reported nothing will bill an attempt that ended with ``error``."""
    if delivered or isinstance(error, LLMEmptyOutput):
        return True
    if isinstance(error, LLMCancelled):
        return error.sent
    if isinstance(error, LLMTimeout):
        return gateway_settings.LLM_CHARGE_TIMEOUTS
    return error.received


def _estimated(log: AILog, prompt: int, output: int) -> Usage:
    return Usage(
        ratios.input_tokens(log.alias, log.model_asked, prompt),
        ratios.output_tokens(log.alias, log.model_asked, output),
        reported=False,
    )


def _status_of(error: LLMError, text: str) -> str:
    if isinstance(error, LLMRefused):
        return CallStatus.REFUSED
    if isinstance(error, LLMCancelled):
        return CallStatus.INCOMPLETE if text else CallStatus.CANCELLED
    if isinstance(error, LLMInterrupted | LLMOutputLimit) or (isinstance(error, LLMTimeout) and text):
        return CallStatus.INCOMPLETE
    return CallStatus.FAILED


def close_attempt(log: AILog, outcome: Ending, *, metered: bool) -> bool:
    """Write how an attempt ended, unless that has been written; return whether this did."""
    usage = outcome.usage
    source = UsageSource.REPORTED if usage.reported else UsageSource.ESTIMATED
    if not usage.total_tokens and not outcome.images and not usage.reported:
        source = UsageSource.NONE
    # What costs no credits was worked out by rules, on this machine.
    price = price_of(log.alias, outcome.model or log.model_asked) if metered else FREE
    cost = cost_of(price, usage, images=outcome.images)
    values: Columns = dict(  # noqa: C408 - names as the columns have them
        status=outcome.status,
        tokens_in=usage.input_tokens,
        tokens_out=usage.output_tokens,
        tokens_cached=usage.cached_tokens,
        images=outcome.images,
        usage_source=source,
        cost_micro=cost.micro_dollars,
        price=price.snapshot() if price is not None else {},
        charged=credits.rounded(log.kind, outcome.charge) if metered else 0,
        model_answered=storable(outcome.model)[:200],
        request_id=storable(outcome.request_id)[:200],
        finish_reason=storable(outcome.finish_reason)[:40],
        error_code=outcome.error_code[:60],
        error_detail=redacted(outcome.error_detail)[:500],
        output=log_text(outcome.text),
        latency_ms=outcome.latency_ms,
        first_byte_ms=outcome.first_byte_ms,
        finished_at=timezone.now(),
    )
    if not AILog.objects.filter(pk=log.pk, finished_at__isnull=True).update(**values):
        return False
    # What is written is known: nobody has to read it again.
    log.__dict__.update(values)
    return True


def close_call(
    call: LLMCall, log: AILog, outcome: Ending, *, metered: bool, seen_lease: datetime | None = None
) -> bool:
    """Close ``log`` and with it ``call``, settling what all its attempts cost; return whether this closed it.

    ``seen_lease``: for the sweeper, which may close only what has shown no life since it looked.
    """
    with transaction.atomic(durable=True):
        mine = LLMCall.objects.open().filter(pk=call.pk)
        if seen_lease is not None:
            mine = mine.filter(lease_until=seen_lease)
        # Of one attempt, which most calls are, everything is known already.
        amount = credits.rounded(log.kind, outcome.charge) if metered else 0
        values: Columns = dict(  # noqa: C408 - names as the columns have them
            finished_at=timezone.now(),
            status=outcome.status,
            error_code=outcome.error_code[:60],
            charged=amount,
            partial_text="",
            result=outcome.result if call.idempotency_key else None,
        )
        if not mine.update(**values):
            return False
        tokens = outcome.usage.total_tokens
        if not close_attempt(log, outcome, metered=metered) or log.attempt > 1:
            amount, tokens = _sums(call)
            values["charged"] = amount
        held = call.hold
        if seen_lease is not None:
            # Its own process may have held more since the sweeper looked.
            held = LLMCall.objects.values_list("hold", flat=True).get(pk=call.pk)
        credits.spend(call, released=held, amount=amount, tokens=tokens)
        budgets.spend(call, released=held, amount=amount)
        # Robust: the call is paid for, whatever a receiver does.
        transaction.on_commit(lambda: _announce(call), robust=True)
    call.__dict__.update(values)
    return True


def _sums(call: LLMCall) -> tuple[int, int]:
    """Return what all attempts of ``call`` cost, and their tokens; the charge is written to the call."""
    sums = AILog.objects.filter(call=call).aggregate(
        charged=Sum("charged", default=0), tokens=Sum("tokens_in", default=0) + Sum("tokens_out", default=0)
    )
    LLMCall.objects.filter(pk=call.pk).update(charged=sums["charged"])
    return sums["charged"], sums["tokens"]


def sweep(limit: int = 100) -> int:
    """Settle calls whose process is gone; return their number. Safe while other processes do the same.

    What had not been sent costs nothing; what had been sent costs its prompt and the text that had arrived, estimated.
    """
    settled = 0
    expired = list(LLMCall.objects.abandoned().order_by("lease_until")[:limit])
    orphans = [call for call in LLMCall.objects.live().order_by("created_at")[:limit] if is_gone(call.worker)]
    for call in [*expired, *orphans]:
        settled += _settle_abandoned(call)
    forgotten = LLMCall.objects.reservations().filter(created_at__lte=timezone.now() - RESERVED_FOR)
    return settled + sum(release_reservation(call) for call in forgotten[:limit])


def release_reservation(call: LLMCall) -> bool:
    """Give back what is held for a call that was not begun; return whether this did."""
    with transaction.atomic():
        mine = LLMCall.objects.reservations().filter(pk=call.pk)
        if not mine.update(
            finished_at=timezone.now(), status=CallStatus.CANCELLED, error_code=LLMCancelled.default_code
        ):
            return False
        credits.spend(call, released=call.hold, amount=0, tokens=0)
        budgets.spend(call, released=call.hold, amount=0)
    return True


def release_reservations_of(run_id: UUID) -> None:
    """Give back what is held for calls that a run, which is over, has not begun."""
    for call in LLMCall.objects.reservations().filter(run_id=run_id):
        release_reservation(call)


def _settle_abandoned(call: LLMCall) -> bool:
    log = call.logs.filter(finished_at__isnull=True).order_by("attempt").last() or call.logs.order_by("attempt").last()
    if log is None or call.lease_until is None:
        # A call and its first log are made in one transaction, with a lease: this row was not made by the gateway.
        return False
    usage = NO_USAGE
    if call.status == CallStatus.RUNNING and log.finished_at is None:
        usage = _estimated(log, call.prompt_estimate, estimate_text(call.partial_text))
    # An image that was asked for is billed when it is made; whether it was, nobody can say any more.
    images = 1 if call.kind == CallKind.IMAGE and usage.total_tokens else 0
    error = LLMInterrupted(reason="the process that made the call is gone")
    outcome = Ending(
        status=CallStatus.INCOMPLETE if call.partial_text else CallStatus.FAILED,
        usage=usage,
        charge=images if call.kind == CallKind.IMAGE else usage.total_tokens,
        images=images,
        text=call.partial_text,
        error_code=error.code,
        error_detail=error.reason,
    )
    return close_call(call, log, outcome, metered=_was_metered(call, log), seen_lease=call.lease_until)


def _was_metered(call: LLMCall, log: AILog) -> bool:
    """Return whether the attempt ``log`` went to a model; a call of nobody's credits holds none, but has its cost."""
    try:
        return llms[log.alias].provenance == "model"
    except InvalidLLMBackend:
        # The alias has gone from the settings since.
        return call.hold > 0


def _announce(call: LLMCall) -> None:
    if not llm_call_finished.has_listeners(LLMCall):
        return
    call.refresh_from_db()
    llm_call_finished.send(LLMCall, instance=call)
