"""What a model is told of a site besides its instructions, from whoever has registered it; apps below do not know who.

``ai_cms.assist`` registers its library, and ``ai_cms.chat`` has its agents briefed. Each call writes down what it was told::

    briefing = brief("chat")
    with gateway.stream(…) as events:
        briefing.note(events.call_id)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ai_cms.core.registry import Registry

__all__ = ["Briefing", "brief", "briefers"]


def _nothing(call: str) -> None:
    """Write nothing down."""


@dataclass(frozen=True)
class Briefing:
    """``text``: for the system message, "" for nothing. ``note``: writes down that the call of an id was told it."""

    text: str = ""
    note: Callable[[str], object] = _nothing


#: By name: a function of the purpose ("chat") that returns what there is to tell, or ``None``.
briefers: Registry[Callable[[str], Briefing | None]] = Registry("briefer")


def brief(purpose: str) -> Briefing:
    """Return what all that is registered has to tell for ``purpose``, as one."""
    found = [told for _name, ask in briefers.items() if (told := ask(purpose)) is not None and told.text]

    def note(call: str) -> None:
        for told in found:
            told.note(call)

    return Briefing("\n\n".join(told.text for told in found), note)
