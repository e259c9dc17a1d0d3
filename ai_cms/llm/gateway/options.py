"""What every call may say about itself."""

from __future__ import annotations

from typing import Protocol, TypedDict, runtime_checkable
from uuid import UUID

from django.db import models

from ..messages import CancelToken

__all__ = ["CallOptions", "Carrier"]


@runtime_checkable
class Carrier(Protocol):
    """The run that a call belongs to, as far as the gateway is concerned: a RunContext is one."""

    @property
    def run_id(self) -> UUID:
        """The key of the run's row."""
        ...

    @property
    def cancel(self) -> CancelToken:
        """What stops the run, and with it the call."""
        ...


class CallOptions(TypedDict, total=False):
    """The keyword arguments that all functions of the gateway take besides ``actor``.

    ``alias``: the entry of ``AI_CMS["LLM"]``; "default" if left out. ``task``, ``target``, ``target_label`` (instead of
    a target, or beside it): what the call is for, in the log. ``agent``: the key of the budget it draws on.
    ``idempotency_key``: a repeated call of this user with the same key and request gets the first one's answer.
    ``run``: the run it belongs to, which also cancels it. ``reservation``: what reserve() returned for it.
    """

    alias: str
    task: str
    target: models.Model | None
    target_label: str
    agent: str
    idempotency_key: str
    run: Carrier | None
    reservation: UUID | None
