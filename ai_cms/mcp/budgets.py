"""What an agent may spend on the site's models: a budget of ``ai_cms.llm`` under the agent's key, where that is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps

from ai_cms.core.models import AgentAccount

__all__ = ["credits_of", "set_credits"]


def credits_of(agent: AgentAccount) -> int | None:
    """Return how many tokens the agent may use in a month, ``None`` where it has what its owner has."""
    budgets = _budgets()
    found = None if budgets is None else budgets.budget_for(budgets.agent_key(agent.pk), "text")
    return None if found is None else int(found.limit)


def set_credits(agent: AgentAccount, limit: int | None) -> None:
    """Let the agent use ``limit`` tokens a month, or with ``None`` what its owner has."""
    budgets = _budgets()
    if budgets is None:
        return
    if limit is None:
        budgets.remove_budget(budgets.agent_key(agent.pk))
    else:
        budgets.set_budget(budgets.agent_key(agent.pk), limit)


def _budgets() -> Any:
    return import_module("ai_cms.llm.credits.budgets") if apps.is_installed("ai_cms.llm") else None
