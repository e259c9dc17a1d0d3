"""The threads of a WSGI process that may wait for models; the others belong to the readers of pages.

A thread that waits for a model, or holds an event stream open, serves nobody else: as many as a process has, and no page
comes any more. Half of ``WEB_THREADS`` may do so. Views of a project that call the gateway take a seat as well::

    with seat(request):
        result = gateway.call(...)

Under ASGI nothing is counted: there waiting holds no thread that pages need.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from .conf import run_settings
from .exceptions import LLMBusy

__all__ = ["AllSeatsTaken", "has_free_seat", "leave_seat", "seat", "take_seat"]

#: Seconds after which a client that found no seat may ask again.
RETRY_SECONDS = 5

# The base class types its texts as str; a lazy text becomes one when the error is made.
_ = cast("Callable[[str], str]", gettext_lazy)

_lock = threading.Lock()
_taken = 0


class AllSeatsTaken(LLMBusy):
    """As many requests of this process wait for models as may; nothing was sent."""

    default_code = "ai_no_free_worker"
    default_detail = _("Too many requests wait for the AI. Try again soon, or have it done in the background.")
    default_retryable = False
    counts_as_failure = False


def share() -> int:
    """Return how many threads of a process may wait for models."""
    return max(1, run_settings.WEB_THREADS // 2)


def has_free_seat(request: HttpRequest) -> bool:
    """Return whether a request may wait now."""
    return isinstance(request, ASGIRequest) or _taken < share()


def take_seat() -> bool:
    """Take a seat; return whether there was one. Who takes one leaves it."""
    global _taken
    with _lock:
        free = _taken < share()
        _taken += free
    return free


def leave_seat() -> None:
    """Give a seat back."""
    global _taken
    with _lock:
        _taken -= 1


@contextmanager
def seat(request: HttpRequest) -> Iterator[None]:
    """Hold a seat while a model is waited for. Raises AllSeatsTaken (503 with Retry-After)."""
    if isinstance(request, ASGIRequest):
        yield
        return
    if not take_seat():
        raise AllSeatsTaken(retry_after=RETRY_SECONDS, reason=f"{share()} requests of this process wait already")
    try:
        yield
    finally:
        leave_seat()


def _begin_anew() -> None:
    """Begin anew in a forked process, which has none of its parent's threads."""
    global _lock, _taken
    _lock, _taken = threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
