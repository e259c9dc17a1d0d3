"""A server that answers chat completions as it is told: for the dialects of real servers, byte by byte."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["DONE", "Script", "delta", "finish", "scripted", "usage"]

#: What a script returns: (status, JSON body), or the events of a stream; a number among them is a pause in seconds.
Script = Callable[[dict[str, Any]], "tuple[int, Any] | list[Any]"]
DONE = b"data: [DONE]\n\n"


def delta(content: Any = None, **more: Any) -> dict[str, Any]:
    """Return a chunk with ``content`` or other fields of a delta."""
    fields = {**({} if content is None else {"content": content}), **more}
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


def finish(reason: str = "stop", **more: Any) -> dict[str, Any]:
    """Return the last chunk of a choice."""
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason, **more}]}


def usage(prompt: int, completion: int, **more: Any) -> dict[str, Any]:
    """Return a chunk with a report of usage."""
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion, **more}}


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve ``script``; yield the base address and the bodies of the requests so far."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(body)
            answer = script(body)
            if isinstance(answer, tuple):
                data = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for event in answer:
                if isinstance(event, (int, float)):
                    time.sleep(event)
                    continue
                self.wfile.write(event if isinstance(event, bytes) else f"data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
