"""Budgets by key: what an agent, a feature or a customer may use in a day, a month or altogether, whoever pays."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from ..models import AgentBudget, BudgetPeriod, LLMCall

__all__ = ["agent_key", "budget_for", "remove_budget", "set_budget"]


def agent_key(pk: int) -> str:
    """Return the key of the budget that the calls of an agent of others draw on, by the key of its account."""
    return f"agent-account:{pk}"


def set_budget(key: str, limit: int, *, kind: str = "text", period: str = BudgetPeriod.MONTH) -> AgentBudget:
    """Limit what the calls made with ``agent=key`` may use; ``limit`` in tokens or images."""
    budget, _created = AgentBudget.objects.update_or_create(
        key=key, kind=kind, defaults={"limit": limit, "period": period}
    )
    return budget


def remove_budget(key: str, *, kind: str = "text") -> None:
    """Let the calls made with ``agent=key`` use what their users have; open calls end as they would have."""
    AgentBudget.objects.filter(key=key, kind=kind).delete()


def budget_for(key: str, kind: str) -> AgentBudget | None:
    """Return the budget that calls of ``key`` draw on, begun anew where its period is over, or ``None``."""
    if not key:
        return None
    budget = AgentBudget.objects.filter(key=key, kind=kind).first()
    if budget is None:
        return None
    current = _period_key(budget.period)
    if budget.period_key != current:
        # What open calls hold stays reserved; it counts in the period in which it is spent.
        AgentBudget.objects.filter(pk=budget.pk, period_key=budget.period_key).update(used=0, period_key=current)
        budget.refresh_from_db()
    return budget


def hold(budget: AgentBudget, amount: int) -> bool:
    """Reserve ``amount`` of the budget if that much is free; return whether it was."""
    updated = AgentBudget.objects.filter(pk=budget.pk, limit__gte=F("used") + F("reserved") + amount).update(
        reserved=F("reserved") + amount
    )
    return updated == 1


def spend(call: LLMCall, *, released: int, amount: int) -> None:
    """Turn what ``call`` held into what it used."""
    if call.budget_id is not None:
        AgentBudget.objects.filter(pk=call.budget_id).update(
            reserved=F("reserved") - released, used=F("used") + amount, updated_at=timezone.now()
        )


def _period_key(period: str) -> str:
    today = timezone.localdate()
    if period == BudgetPeriod.DAY:
        return today.isoformat()
    return f"{today:%Y-%m}" if period == BudgetPeriod.MONTH else "total"
