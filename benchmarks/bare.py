"""A WSGI answer of 11 kB and nothing else: what the server alone costs, the limit of everything in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_BODY = b"x" * 11_000
_HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(_BODY)))]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", list(_HEADERS))
    return [_BODY]
