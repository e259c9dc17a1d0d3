"""The signals of the gateway and of runs; ``sender`` is the model class, the rest keyword arguments as named.

Receivers run after the transaction that made the change has been committed.
"""

from __future__ import annotations

from django.dispatch import Signal

__all__ = ["backend_misconfigured", "credits_granted", "credits_running_low", "llm_call_finished", "run_finished"]

llm_call_finished = Signal()  # instance (LLMCall)
credits_running_low = Signal()  # instance (CreditAccount), remaining (unit of the account), percent
credits_granted = Signal()  # instance (CreditEntry), actor
backend_misconfigured = Signal()  # alias, error
run_finished = Signal()  # instance (Run)
