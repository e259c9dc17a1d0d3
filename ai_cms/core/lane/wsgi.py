"""The lane in front of a WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .slots import SLOT, Slot
from .traffic import get_lane

__all__ = ["FastLaneWSGI", "wsgi_application"]

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def wsgi_application(application: _Application) -> _Application:
    """Return ``application``, Django's, behind the fast lane: the last line of a project's ``wsgi.py``."""
    return FastLaneWSGI(application)


class FastLaneWSGI:
    """Answer from memory what is kept and good; hand on everything else, and keep what may be kept of it."""

    def __init__(self, application: _Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        lane = get_lane()
        if lane.place != "front":
            return self.application(environ, start_response)
        ask = lane.ask(environ, environ.get("wsgi.url_scheme", ""))
        # The middleware of the lane has nothing left to do.
        environ[SLOT] = None
        if ask is None:
            return self.application(environ, start_response)
        found = lane.find(ask)
        if found is not None:
            status, headers, body = found
            start_response(status, headers)
            return [body]
        if ask.generation is None:
            return self.application(environ, start_response)
        slot = environ[SLOT] = Slot()
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers.copy()]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        result = self.application(environ, start)
        if not slot.kind or not started:
            return result
        body = b"".join(result)
        lane.fill(ask, slot, started[0], started[1], body)
        return _Whole(body, getattr(result, "close", None))


class _Whole:
    """A body that was read already, and what is to be closed behind it."""

    def __init__(self, body: bytes, close: Callable[[], None] | None) -> None:
        self.body = body
        if close is not None:
            self.close = close

    def __iter__(self) -> Iterator[bytes]:
        yield self.body

    def __len__(self) -> int:
        return 1
