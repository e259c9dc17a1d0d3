"""What a handler has of its run, and the registry of handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ai_cms.core.permissions import Actor, AgentLimits
from ai_cms.core.registry import Registry

from ...core.jsontypes import JsonObject
from ..exceptions import LLMCancelled
from ..messages import CancelToken
from ..models import Run
from .events import EventWriter

__all__ = ["RunContext", "RunHandler", "run_handler", "run_handlers"]

RunHandler = Callable[["RunContext"], Any]
run_handlers: Registry[RunHandler] = Registry("run handler")


def run_handler(name: str) -> Callable[[RunHandler], RunHandler]:
    """Register a function as the handler of runs called ``name``; it takes a RunContext and returns a JSON value."""

    def register(handler: RunHandler) -> RunHandler:
        return run_handlers.register(name, handler)

    return register


class RunContext:
    """What a handler has of its run.

    ``actor``: who started it. ``payload``: the JSON it was started with. ``cancel``: stops the provider's call when the
    run is cancelled; pass the context as ``run=`` to the gateway and that happens by itself.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.run_id = run.pk
        self.payload: JsonObject = run.payload
        self.actor = _actor_of(run)
        self.cancel = CancelToken()
        self.events = EventWriter(run)

    def text(self, piece: str) -> None:
        """Show the watchers the next piece of text; it is kept in ``Run.text``. Raises LLMCancelled."""
        self.check()
        self.events.text(piece)

    def emit(self, type: str, data: JsonObject) -> int:
        """Show the watchers an event of your own; return its number. Raises LLMCancelled."""
        self.check()
        return self.events.emit(type, data)

    def check(self) -> None:
        """Raise LLMCancelled if the run has been cancelled; call it between steps that take long."""
        if self.cancel.cancelled:
            raise LLMCancelled(reason="the run was cancelled")


def _actor_of(run: Run) -> Actor:
    if run.via == "system":
        return Actor.system(run.handler)
    scopes = None if run.scopes is None else frozenset(run.scopes)
    if run.user is None:
        return Actor.anonymous()
    agent = None if run.agent is None else AgentLimits.from_json(run.agent)
    return Actor(user=run.user, scopes=scopes, via=run.via, label=run.label, agent=agent)
