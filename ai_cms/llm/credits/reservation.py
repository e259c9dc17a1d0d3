"""The beginning of a call: one transaction makes its row, holds its credits and opens its log, or none of it happens.

Nothing is sent to a provider before that has been committed.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction
from django.db.models import F

from ai_cms.core.exceptions import Conflict, Unprocessable
from ai_cms.core.mappings import Columns

from ...core.jsontypes import JsonMapping
from .. import breaker
from ..conf import gateway_settings
from ..exceptions import LLMBusy, LLMCancelled, LLMCreditsExhausted
from ..messages import CancelToken
from ..models import AgentBudget, AILog, CallKind, CallStatus, CreditAccount, CreditKind, LLMCall
from ..workers import lease, this_worker
from . import budgets
from . import ledger as credits
from .limits import NoAccount, TooManyCalls, check_open_calls, check_open_calls_of
from .settlement import sweep

__all__ = [
    "CallPlan",
    "Opened",
    "extend_hold",
    "fingerprint",
    "open_attempt",
    "open_call",
    "replayable",
    "reserve_call",
]


@dataclass(frozen=True)
class CallPlan:
    """What is known about a call before it is made.

    ``backend`` and ``model``: of the first attempt. ``prompt_hold`` and ``output_hold``: what is held, in tokens or
    images. ``least_output``: how far the output may be cut to fit the credits that are left; ``None`` if it may not.
    ``metered``: it costs credits. ``at_once``: it is sent as soon as its row is there. ``reservation``: the call that holds
    credits for it already. ``prompt_estimate``: tokens before calibration. ``lease_seconds``: how long the first attempt may
    go without a sign of life.
    """

    user: Any
    alias: str
    backend: str = ""
    model: str = ""
    kind: str = CallKind.TEXT
    task: str = ""
    agent: str = ""
    target: models.Model | None = None
    target_label: str = ""
    run_id: UUID | None = None
    reservation: UUID | None = None
    idempotency_key: str = ""
    request_hash: str = ""
    prompt: Sequence[JsonMapping] = ()
    prompt_estimate: int = 0
    prompt_hold: int = 0
    output_hold: int = 0
    least_output: int | None = None
    metered: bool = True
    lease_seconds: float = 90
    at_once: bool = False
    about: Columns = field(init=False)

    def __post_init__(self) -> None:
        about: Columns = {"target_label": self.target_label[:200]}
        if self.target is not None:
            about["content_type"] = ContentType.objects.get_for_model(self.target)
            about["object_id"] = str(self.target.pk)[:64]
            about["target_label"] = about["target_label"] or str(self.target)[:200]
        object.__setattr__(self, "about", about)

    @property
    def credit_kind(self) -> str:
        return CreditKind.IMAGE if self.kind == CallKind.IMAGE else CreditKind.TEXT


@dataclass(frozen=True)
class Opened:
    """A call that has been admitted, with its first log; ``output`` is what of ``output_hold`` it got, ``admission``
    what the circuit breaker said.
    """

    call: LLMCall
    log: AILog
    output: int
    admission: breaker.Admission


def fingerprint(value: object) -> str:
    """Return a hash by which the gateway tells a repeated request from another one with the same key."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def open_call(plan: CallPlan, cancel: CancelToken) -> Opened:
    """Admit a call, waiting up to ``LLM_ADMISSION_WAIT`` seconds for a free place or for credits that others hold.

    Raises LLMCreditsExhausted, TooManyCalls, LLMBusy (all places of the alias taken), LLMUnavailable (circuit open),
    Conflict (the idempotency key is in use), LLMCancelled.
    """
    budget = budgets.budget_for(plan.agent, plan.credit_kind) if plan.metered else None
    deadline = time.monotonic() + gateway_settings.LLM_ADMISSION_WAIT
    pause = 0.02
    swept = False
    while True:
        try:
            return _admit(plan, budget)
        except NoAccount:
            # The first call of a user, or of a month.
            credits.account_for(plan.user, plan.credit_kind)
            continue
        except (TooManyCalls, _Held) as refusal:
            if not swept:
                # What is in the way may belong to a process that was killed.
                swept = True
                sweep()
            if time.monotonic() + pause >= deadline:
                raise _final(refusal) from None
        if cancel.wait(pause * random.uniform(0.5, 1.5)):  # noqa: S311 - spreads retries, hides nothing
            raise LLMCancelled
        pause = min(pause * 1.6, 0.25)


def reserve_call(plan: CallPlan) -> LLMCall | None:
    """Hold what a call by ``plan`` may cost, for one that is made later; ``None`` if it costs nothing.

    Part of the caller's transaction, so that what the call is for and its credits are there together or not at all.
    Whoever makes the call names it as the plan's ``reservation``; until then it is no open call, and is given back after a
    while by the sweeper. Raises LLMCreditsExhausted.
    """
    account = credits.account_for(plan.user, plan.credit_kind) if _is_metered(plan) else None
    budget = budgets.budget_for(plan.agent, plan.credit_kind) if plan.metered else None
    if account is None and budget is None:
        return None
    try:
        with transaction.atomic():
            output = _hold_credits(plan) if account is not None else plan.output_hold
            amount = credits.rounded(plan.kind, plan.prompt_hold + output)
            if budget is not None:
                _hold_budget(budget, amount)
            return LLMCall.objects.create(**_fields(plan, account, budget, amount))
    except _Held as refusal:
        raise _final(refusal) from None


def open_attempt(
    call: LLMCall,
    alias: str,
    *,
    backend: str,
    model: str,
    prompt: Sequence[object],
    lease_seconds: float,
    repair: bool = False,
) -> tuple[AILog, breaker.Admission | None]:
    """Open the log of a further attempt at ``call``, moving the call to a fallback ``alias`` where that is another.

    Return it and what the circuit breaker of another alias said.

    Raises what open_call() raises when the other alias does not admit it, at once.
    """
    with transaction.atomic(durable=True):
        changes: Columns = {"lease_until": lease(lease_seconds)}
        admission = None
        if alias != call.alias:
            admission = breaker.admit(alias, call.kind)
            check_open_calls(alias)
            changes["alias"] = alias
        if not LLMCall.objects.open().filter(pk=call.pk).update(**changes):
            raise LLMCancelled(reason="the call was given up and settled meanwhile")
        log = _log(call, alias, backend, model, prompt, attempt=call.logs.count() + 1, is_repair=repair)
    call.alias = alias
    return log, admission


def extend_hold(call: LLMCall, amount: int) -> bool:
    """Hold ``amount`` more for a further attempt; return whether there was that much, and the call still open."""
    with transaction.atomic(durable=True):
        # The call first, as in settling: what is held for a call that was settled, nobody would ever give back.
        mine = LLMCall.objects.open().filter(pk=call.pk).update(hold=F("hold") + amount)
        paid = mine and (call.account is None or credits.hold(call.account, amount))
        if not paid or (call.budget is not None and not budgets.hold(call.budget, amount)):
            transaction.set_rollback(True)
            return False
    call.hold += amount
    return True


class _Held(Exception):
    """Credits are missing, but calls still open hold some."""

    def __init__(self, whose: str) -> None:
        self.whose = whose


def _final(refusal: TooManyCalls | _Held) -> Exception:
    if isinstance(refusal, _Held):
        return LLMCreditsExhausted(reason=f"credits of the {refusal.whose} held by open calls")
    return refusal if refusal.whose == "user" else LLMBusy(reason=refusal.reason, retry_after=5, retryable=False)


def _admit(plan: CallPlan, budget: AgentBudget | None) -> Opened:
    metered = _is_metered(plan)
    account = None
    try:
        with transaction.atomic(durable=True):
            admission = breaker.admit(plan.alias, plan.kind)
            reserved = _taken_over(plan)
            output = _hold_credits(plan) if metered else plan.output_hold
            if plan.user is None:
                check_open_calls(plan.alias)
            else:
                account = check_open_calls_of(plan.user, plan.credit_kind, plan.alias, locked=metered, besides=reserved)
            amount = credits.rounded(plan.kind, plan.prompt_hold + output)
            if budget is not None:
                _hold_budget(budget, amount)
            fields = _fields(plan, account if metered else None, budget, amount)
            fields |= {"worker": this_worker(), "lease_until": lease(plan.lease_seconds)}
            if plan.at_once:
                fields["status"] = CallStatus.RUNNING
            if reserved is None:
                call = LLMCall.objects.create(**fields)
            else:
                call = reserved
                call.__dict__.update(fields)
                LLMCall.objects.filter(pk=call.pk).update(**fields)
            log = _log(call, plan.alias, plan.backend, plan.model, plan.prompt)
            return Opened(call, log, output, admission)
    except IntegrityError:
        if (
            plan.idempotency_key
            and LLMCall.objects.filter(user=plan.user, idempotency_key=plan.idempotency_key).exists()
        ):
            raise Conflict(code="ai_in_progress", retry_after=2) from None
        raise


def _is_metered(plan: CallPlan) -> bool:
    return plan.metered and plan.user is not None and bool(gateway_settings.LLM_CREDITS)


def _fields(plan: CallPlan, account: CreditAccount | None, budget: AgentBudget | None, amount: int) -> Columns:
    """Return the columns of the call of ``plan`` that holds ``amount``."""
    return {
        "user": plan.user,
        "run_id": plan.run_id,
        "kind": plan.kind,
        "task": plan.task[:100],
        "alias": plan.alias,
        "agent": plan.agent[:100],
        "idempotency_key": plan.idempotency_key[:200] or None,
        "request_hash": plan.request_hash,
        "account": account,
        "budget": budget,
        "hold": amount if account is not None or budget is not None else 0,
        "prompt_estimate": plan.prompt_estimate,
        **plan.about,
    }


def _taken_over(plan: CallPlan) -> LLMCall | None:
    """Return the reservation of ``plan`` with what it held given back, ``None`` if there is none any more."""
    if plan.reservation is None or plan.user is None:
        return None
    mine = LLMCall.objects.reservations().filter(pk=plan.reservation, user=plan.user)
    # By whoever changes it first: this call, or the sweeper that gives it back.
    if not mine.update(lease_until=lease(plan.lease_seconds)):
        return None
    found = LLMCall.objects.get(pk=plan.reservation)
    credits.spend(found, released=found.hold, amount=0, tokens=0)
    budgets.spend(found, released=found.hold, amount=0)
    return found


def _hold_credits(plan: CallPlan) -> int:
    """Hold what the call may cost and return how much output that pays for. Raises NoAccount."""
    amount = credits.rounded(plan.kind, plan.prompt_hold + plan.output_hold)
    if credits.hold_of(plan.user, plan.credit_kind, amount):
        return plan.output_hold
    # Locked: a call that is settled between this look and what follows from it may just have made room.
    accounts = CreditAccount.objects.select_for_update(no_key=True).order_by()
    account = accounts.filter(user=plan.user, kind=plan.credit_kind).first()
    if account is None or not credits.has_allowance(account):
        raise NoAccount
    if credits.hold(account, amount):
        return plan.output_hold
    step = gateway_settings.LLM_CHARGE_STEP
    left = account.available // step * step - plan.prompt_hold
    alone = account.reserved <= 0
    fits = alone and plan.least_output is not None and plan.least_output <= left < plan.output_hold
    if fits and credits.hold(account, credits.rounded(plan.kind, plan.prompt_hold + left)):
        return left
    least = plan.output_hold if plan.least_output is None else min(plan.least_output, plan.output_hold)
    raise _missing("user", account.reserved, account.balance, credits.rounded(plan.kind, plan.prompt_hold + least))


def _hold_budget(budget: AgentBudget, amount: int) -> None:
    """Hold ``amount`` of a budget, looking a second time under its lock as _hold_credits() does."""
    if budgets.hold(budget, amount):
        return
    budget.refresh_from_db(from_queryset=AgentBudget.objects.select_for_update(no_key=True))
    if not budgets.hold(budget, amount):
        raise _missing("agent", budget.reserved, budget.limit - budget.used, amount)


def _missing(whose: str, reserved: int, total: int, wanted: int) -> Exception:
    if reserved > 0 and total >= wanted:
        return _Held(whose)
    return LLMCreditsExhausted(reason=f"the {whose} has {total} left, {wanted} wanted")


def _log(
    call: LLMCall,
    alias: str,
    backend: str,
    model: str,
    prompt: Sequence[object],
    *,
    attempt: int = 1,
    is_repair: bool = False,
) -> AILog:
    return AILog.objects.create(
        call=call,
        attempt=attempt,
        is_repair=is_repair,
        user_id=call.user_id,
        kind=call.kind,
        task=call.task,
        agent=call.agent,
        alias=alias,
        backend=backend[:200],
        model_asked=model[:200],
        prompt=list(prompt),
        status=CallStatus.RUNNING,
        content_type_id=call.content_type_id,
        object_id=call.object_id,
        target_label=call.target_label,
    )


def replayable(plan: CallPlan) -> LLMCall | None:
    """Return the finished call that was made with the plan's idempotency key, ``None`` if there is none.

    Raises Unprocessable if it was another request, Conflict while it is under way.
    """
    if not plan.idempotency_key or plan.user is None:
        return None
    call = LLMCall.objects.filter(user=plan.user, idempotency_key=plan.idempotency_key[:200]).first()
    if call is None:
        return None
    if call.request_hash != plan.request_hash:
        raise Unprocessable(code="idempotency_conflict")
    if call.finished_at is None:
        raise Conflict(code="ai_in_progress", retry_after=2)
    return call
