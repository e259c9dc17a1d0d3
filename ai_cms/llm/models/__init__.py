"""The models of ``ai_cms.llm``; one module a noun."""

from __future__ import annotations

from .backend_state import BackendState
from .call import AILog, CallKind, CallStatus, LLMCall, UsageSource
from .credit import AgentBudget, BudgetPeriod, CreditAccount, CreditEntry, CreditKind, EntryKind
from .run import Run, RunEvent, RunStatus

__all__ = [
    "AILog",
    "AgentBudget",
    "BackendState",
    "BudgetPeriod",
    "CallKind",
    "CallStatus",
    "CreditAccount",
    "CreditEntry",
    "CreditKind",
    "EntryKind",
    "LLMCall",
    "Run",
    "RunEvent",
    "RunStatus",
    "UsageSource",
]
