"""A visitor before the fast lane: requests to the WSGI application itself, whose answers say where they came from."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from django.core.wsgi import get_wsgi_application

from ai_cms.core.lane.traffic import FastLane, get_lane
from ai_cms.core.lane.wsgi import wsgi_application

__all__ = ["Answer", "Visitor"]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    #: Whether it came out of memory.
    kept: bool

    @property
    def text(self) -> str:
        return self.body.decode()


class Visitor:
    """Ask the site; ``headers``: sent with every request, by their names."""

    def __init__(self, application: Any = None, **headers: str) -> None:
        self.application = application or wsgi_application(get_wsgi_application())
        self.headers = headers

    @property
    def lane(self) -> FastLane:
        return get_lane()

    def ask(self, path: str, method: str = "GET", *, environ: dict[str, Any] | None = None, **headers: str) -> Answer:
        where, _mark, query = path.partition("?")
        asked: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            # As servers do: the bytes of the path as Latin-1.
            "PATH_INFO": unquote_to_bytes(quote(where, safe="/%")).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        asked |= {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in {**self.headers, **headers}.items()
        }
        asked |= environ or {}
        found: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            found[:] = [int(status[:3]), {name.title(): value for name, value in headers}]

        hits = self.lane.hits
        result = self.application(asked, start_response)
        try:
            body = b"".join(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        return Answer(found[0], found[1], body, self.lane.hits > hits)

    def settle(self, path: str, **headers: str) -> Answer:
        """Ask until the answer comes out of memory."""
        for _ in range(4):
            answer = self.ask(path, **headers)
            if answer.kept:
                return answer
        raise AssertionError(f"{path} is not kept: {self.lane.report()}")
