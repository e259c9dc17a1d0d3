"""A small server that streams the adapters' output, as badly as it is told to.

``/<protocol>/<log>?size=…&frames=…&reset=1&after=…``: ``size`` bytes a piece of network; ``frames``: how many before the
connection is closed, with ``reset`` in the midst of the answer's body. ``Last-Event-ID`` is heard. A ``POST`` to
``/<protocol>/approval`` is read as the protocol says, and its answers are compared with what was asked.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ai_cms.chat.streams.ag_ui import AgUi
from ai_cms.chat.streams.ai_sdk import AiSdk
from ai_cms.chat.streams.events import ApprovalGiven, Steered, Step, Text, ToolCalled, ToolDone
from ai_cms.chat.streams.frames import Frame, Frames, Position, StreamProtocol, sse
from ai_cms.chat.streams.incoming import Incoming, read_ag_ui, read_ai_sdk

from ..logs import ASKED, CANCELLED, FAILED, FULL, INTERRUPTED, MESSAGE, STARTED, Log, done, log

__all__ = ["LOGS", "serving"]

LOGS: dict[str, Log] = {
    "full": FULL,
    "stopped": log(STARTED, Text("Half a "), CANCELLED),
    "failed": log(STARTED, Text("Half a "), ToolCalled("c1", "find_pages", {}), FAILED),
    "interrupted": log(STARTED, Text("Half a "), INTERRUPTED),
    # Its producer dies without a word.
    "dead": log(STARTED, Text("Half a ")),
    "cut-short": log(STARTED, Text("As long as it "), done(finish_reason="length")),
    "odd-reason": log(STARTED, Text("x"), done(finish_reason="unheard-of")),
    "empty": log(STARTED, done()),
    "two": log(Step("Baker", "m1"), Text("Rye."), Step("Miller", "m2"), Text("Wheat."), done()),
    "steered": log(Text("One"), Steered("u2", "In French, please."), Text("Un"), done()),
    "broken-arguments": log(
        *(
            ToolCalled("c1", "find_pages", raw='{"words": '),
            ToolDone("c1", ok=False, error="No JSON."),
            Text("Sorry."),
            done(),
        )
    ),
    "lines": log(Text("a\r\nb\rc\nd\u2028e\ufefff \U0001f956\U0001f9d1\u200d\U0001f373"), done()),
}


def answered(approved: bool) -> Log:
    """Return the log of the approval after the answer."""
    rest: list[Any] = (
        [ToolDone("c1", output={"published": True}), Text("It is public.")] if approved else [Text("All right.")]
    )
    return log(
        *[(event["event"], event["data"]) for event in ASKED], ApprovalGiven("ap1", approved), STARTED, *rest, done()
    )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: What the approval of a thread has come to, and all bodies of requests.
    threads: dict[str, Log]
    bodies: list[Any]

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.bodies.append(body)
        self._answer(body)

    def _answer(self, body: dict[str, Any]) -> None:
        url = urlsplit(self.path)
        options = {name: values[-1] for name, values in parse_qs(url.query).items()}
        _slash, name, what, *_rest = url.path.split("/")
        if what == "requests":
            return self._json(self.bodies)
        if what == "refused":
            return self._plain(402, "There are no AI credits left for this.")
        if what == "nothing":
            self.send_response(204)
            self.end_headers()
            return None
        protocol = self._protocol(name, body)
        after = Position.read(self.headers.get("Last-Event-ID") or options.get("after", "0"))
        if what == "approval":
            frames = self._approval(name, protocol, body)
        else:
            machine = Frames(protocol, MESSAGE, after)
            frames = machine.feed(LOGS[what]) + machine.rest()
            frames += machine.break_off("The answer was interrupted.", "ai_interrupted")
        return self._stream(protocol, frames, options)

    def _protocol(self, name: str, body: dict[str, Any]) -> StreamProtocol:
        if name == "ai-sdk":
            return AiSdk({"run": "r1"})
        return AgUi(body.get("threadId", "thread-1"), body.get("runId", "run-1"))

    def _approval(self, name: str, protocol: StreamProtocol, body: dict[str, Any]) -> list[Frame]:
        incoming: Incoming = (read_ai_sdk if name == "ai-sdk" else read_ag_ui)(body)
        thread = f"{name} {incoming.thread}"
        known = self.threads.get(thread)
        given = [one for one in incoming.decisions if one.approval == "ap1"]
        if known is None:
            self.threads[thread] = ASKED
            machine = Frames(protocol, MESSAGE)
            return machine.feed(ASKED) + machine.rest()
        if known == ASKED and given:
            self.threads[thread] = answered(given[0].approved)
            return Frames(protocol, MESSAGE, Position.of_pause(len(ASKED))).feed(self.threads[thread])
        machine = Frames(protocol, MESSAGE)
        machine.feed(known)
        return machine.remind()

    def _json(self, value: Any) -> None:
        self._plain(200, json.dumps(value))

    def _plain(self, status: int, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, protocol: StreamProtocol, frames: list[Frame], options: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in protocol.headers.items():
            self.send_header(name, value)
        self.end_headers()
        cut = "frames" in options
        sent = frames[: int(options["frames"])] if cut else frames
        data = b"retry: 1000\n\n: ping\n\n" + b"".join(map(sse, sent)) + (b"" if cut else protocol.closing)
        size = int(options.get("size", len(data)))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        if options.get("reset"):
            self.close_connection = True
            self.wfile.flush()
            self.connection.close()
            return
        self.wfile.write(b"0\r\n\r\n")


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave: some are here to do so."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving() -> Iterator[str]:
    """Serve on a free port of the loopback; yield the address."""
    handler = type("Handler", (Handler,), {"threads": {}, "bodies": []})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
