"""Who is at work, in the words that histories keep: by which way in, under which name, with which token, in which run.

A run tells what it is with :func:`in_run` while its work is done, so that whatever is written meanwhile knows it without being
told by each caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from .permissions import Actor

__all__ = ["Facts", "current_run", "facts_of", "in_run"]

_run: ContextVar[str] = ContextVar("ai_cms_run", default="")


@contextmanager
def in_run(run_id: object) -> Iterator[None]:
    """Say, for the length of a ``with`` block, that what is done is done by the run ``run_id``."""
    token = _run.set(str(run_id))
    try:
        yield
    finally:
        _run.reset(token)


def current_run() -> str:
    """Return the id of the run whose work is being done; "" outside of any."""
    return _run.get()


@dataclass(frozen=True)
class Facts:
    """``via``, ``label``: as an Actor has them. ``token``: the key of an API token. ``agent``: the key of an agent that is a
    principal of its own. ``run``: the id of the run. Each is "" where there is none."""

    via: str = ""
    label: str = ""
    token: str = ""
    agent: str = ""
    run: str = ""

    @property
    def is_machine(self) -> bool:
        """Return whether a program or a model acts, not a person at the screen and not whoever has the shell."""
        if self.run or self.token or self.agent or self.via in ("token", "agent"):
            return True
        return bool(self.label) and self.via == "session"

    @property
    def columns(self) -> dict[str, str]:
        """Return the values of the columns ``via``, ``token`` and ``run`` that histories have."""
        return {"via": self.via[:10], "token": self.token[:64], "run": self.run[:64]}


def facts_of(actor: Actor) -> Facts:
    """Return the facts of an actor at this moment."""
    token, agent = actor.token_id, actor.agent_id
    # A person who logged in by a token of the accounts works at a screen: nothing narrows that one.
    logged_in = actor.via == "token" and actor.scopes is None and token is None and agent is None
    return Facts(
        via="session" if logged_in else actor.via,
        label=actor.label,
        token="" if token is None else str(token),
        agent="" if agent is None else str(agent),
        run=current_run(),
    )
