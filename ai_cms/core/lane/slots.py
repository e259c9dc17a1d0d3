"""Where a view says that its answer may be kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest

__all__ = ["SLOT", "Slot", "answered", "keep", "listeners", "on_answer", "slot_of"]

#: The key of a request's slot in the WSGI environment or the ASGI scope; a value of None: it is not to be kept.
SLOT = "ai_cms.lane"


#: Told of each answer from memory, which no view and no middleware sees: the request's WSGI environment and the status.
listeners: list[Callable[[Mapping[str, Any], str], None]] = []


def on_answer(listener: Callable[[Mapping[str, Any], str], None]) -> None:
    """Have ``listener`` told of each answer from memory. It is to be quick, to ask no database and to raise nothing."""
    if listener not in listeners:
        listeners.append(listener)


def answered(environ: Mapping[str, Any], status: str) -> None:
    """Tell the listeners of an answer from memory."""
    for listener in listeners:
        listener(environ, status)


class Slot:
    """What is told of one request on its way; ``kind``: of the view, "" while nothing may be kept."""

    __slots__ = ("kind",)

    def __init__(self) -> None:
        self.kind = ""


def slot_of(request: HttpRequest) -> tuple[bool, Slot | None]:
    """Return whether an entrance of the lane has seen the request, and its slot."""
    holder: Any = request.META
    if SLOT not in holder:
        holder = getattr(request, "scope", None) or {}
    return SLOT in holder, holder.get(SLOT)


def keep(request: HttpRequest, kind: str) -> None:
    """Allow the lane to keep the answer to ``request``: it is the same for every anonymous visitor who asks the same.

    It may be made of watched tables, settings, code and templates alone, and of the clock as far as :func:`expires` tells.
    ``kind``: the view, such as "page". Without a lane this does nothing.
    """
    slot = slot_of(request)[1]
    if slot is not None:
        slot.kind = kind
