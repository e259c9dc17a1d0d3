"""A server that speaks OpenAI's API and misbehaves on demand.

The fault is the name of the model, or the header ``X-Fault``: ``model="cut-mid-stream"``. A fault's parameter follows a
colon: ``say:Good morning``. Every call is counted to the token (:func:`count_tokens`), so that a ledger can be compared
with what this provider would have billed.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from http.server import ThreadingHTTPServer
from typing import Any

from .fault_media import Media
from .fault_wire import Call, count_tokens

__all__ = ["Call", "FaultServer", "count_tokens"]

_REQUEST = "invalid_request_error"


def _error(message: str, kind: str, code: Any) -> dict[str, Any]:
    return {"message": message, "type": kind, "code": code}


STATUS_FAULTS: dict[str, tuple[int, dict[str, Any]]] = {
    "401": (401, _error("Incorrect API key provided: sk-test", _REQUEST, "invalid_api_key")),
    "403": (403, _error("Not allowed", "permission_error", None)),
    "404": (404, _error("No such model", _REQUEST, "model_not_found")),
    "429-quota": (429, _error("You exceeded your current quota", "insufficient_quota", "insufficient_quota")),
    "400-context": (400, _error("Too many", _REQUEST, "context_length_exceeded")),
    "400-context-text": (400, _error("This model's maximum context length is 8 tokens", "invalid", 400)),
    "400-other": (400, _error("Unsupported parameter: 'foo'", _REQUEST, "unsupported_parameter")),
    "429": (429, _error("Rate limit reached", "requests", "rate_limit_exceeded")),
    "retry-after-huge": (429, _error("Rate limit reached", "requests", "rate_limit_exceeded")),
    "500": (500, _error("The server had an error", "server_error", None)),
    "503": (503, _error("Overloaded", "server_error", None)),
    "529": (529, _error("Overloaded", "overloaded_error", None)),
}


class FaultServer:
    """Serve on a free port of this machine between ``start()`` and ``stop()``, or inside a ``with`` block."""

    def __init__(self, *, pause: float = 0.0) -> None:
        self.pause = pause
        self.calls: list[Call] = []
        self.attempts: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.release = threading.Event()
        handler = type("Handler", (_Handler,), {"faults": self})
        self.http = _Server(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def start(self) -> FaultServer:
        self.thread.start()
        return self

    def stop(self) -> None:
        self.release.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)

    def __enter__(self) -> FaultServer:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def clear(self) -> None:
        with self.lock:
            self.calls.clear()
            self.attempts.clear()

    @property
    def last(self) -> Call:
        return self.calls[-1]

    def billed(self) -> tuple[int, int]:
        """Return the prompt and completion tokens of all calls that got as far as an answer."""
        with self.lock:
            return sum(call.prompt for call in self.calls), sum(call.delivered for call in self.calls)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients leave on purpose here."""


class _Handler(Media):
    """Find out what to do; break before an answer where that is asked for."""

    def do_GET(self) -> None:
        self._json(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        fault = self.headers.get("X-Fault") or str(body.get("model", ""))
        call = Call(fault.partition(":")[0], self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        with self.faults.lock:
            self.faults.calls.append(call)
            self.faults.attempts[fault] += 1
            attempt = self.faults.attempts[fault]
        self.call, self.argument, self.attempt = call, fault.partition(":")[2], attempt
        self.close_connection = True
        if self._connection_fault():
            return
        route = {
            "/v1/chat/completions": self._chat,
            "/v1/responses": self._responses,
            "/v1/embeddings": self._embeddings,
            "/v1/images/generations": self._images,
        }.get(self.path)
        if route is None:
            self._json(404, {"error": {"message": "no such path"}})
        else:
            route()

    # Faults before an answer

    def _connection_fault(self) -> bool:
        name = self.call.fault
        if name.endswith("-then-ok") and self.attempt == 1:
            name = name.removesuffix("-then-ok")
        if name in STATUS_FAULTS:
            status, error = STATUS_FAULTS[name]
            headers = {"Retry-After": "86400"} if name == "retry-after-huge" else {}
            if name == "429":
                headers = {"Retry-After": self.argument or "1"}
            self._json(status, {"error": error}, headers)
        elif name == "redirect":
            self._json(307, {}, {"Location": f"{self.faults.url}/elsewhere"})
        elif name == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif name == "rst":
            self._reset()
        elif name == "hang":
            self._wait_for_client()
        elif name == "slow-headers":
            for byte in b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Slow: " + b"y" * 10_000:
                if not self._raw(bytes([byte])) or self._client_is_gone(0.1):
                    break
        elif name == "huge-error":
            self._head(500, "text/plain")
            while self._raw(b"x" * 65_536):
                pass
        elif name == "html-200":
            self._whole(200, "text/html", b"<!doctype html><title>Login</title>")
        elif name == "text-200":
            self._whole(200, "application/json", b"<html>proxy</html>")
        elif name == "empty-200":
            self._whole(200, "application/json", b"")
        elif name == "badjson-200":
            self._whole(200, "application/json", b'{"choices": [{"mess')
        elif name == "gzip-bomb":
            self._whole(200, "text/event-stream", _bomb(), {"Content-Encoding": "gzip"})
        else:
            return False
        return True


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    """Return 60 MB in 60 KB."""
    return gzip.compress(b'data: {"x": "' + b"a" * 60_000_000, compresslevel=1)


def serve_forever(ready: Callable[[str], None]) -> None:
    """Serve until interrupted; ``ready`` is told the address (for trying things out by hand)."""
    with FaultServer() as server:
        ready(server.url)
        server.thread.join()


if __name__ == "__main__":
    serve_forever(print)
