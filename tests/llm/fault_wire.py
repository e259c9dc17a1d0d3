"""What the fault server is made of: the record of a call, sending bytes in good and bad ways."""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import time
import zlib
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fault_server import FaultServer

TEXT = "The quick brown fox jumps over the lazy dog, and then it rests for a while."


def count_tokens(text: str) -> int:
    """Count words and punctuation marks: this provider's tokens."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def pieces_of(text: str) -> list[str]:
    """Cut ``text`` into pieces of one word each."""
    return re.findall(r"\s*\S+", text)


@dataclass
class Call:
    """One call as the provider saw it. ``reported``: the usage it sent, ``None`` if it sent none."""

    fault: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    prompt: int = 0
    delivered: int = 0
    pieces: list[str] = field(default_factory=list)
    reported: tuple[int, int] | None = None
    images: int = 0
    started: float = field(default_factory=time.monotonic)
    client_left: float | None = None


class Wire(BaseHTTPRequestHandler):
    """Send answers piece by piece, broken off or reset."""

    protocol_version = "HTTP/1.1"
    faults: FaultServer
    call: Call
    argument: str
    attempt: int

    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""

    @property
    def _model(self) -> str:
        return "another-model" if self.call.fault == "wrong-model" else str(self.call.body.get("model"))

    def _head(self, status: int, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def _whole(self, status: int, kind: str, data: bytes, headers: dict[str, str] | None = None) -> None:
        with Quiet():
            self._head(status, kind, {"Content-Length": str(len(data)), **(headers or {})})
            self.wfile.write(data)

    def _json(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        self._whole(status, "application/json", json.dumps(data).encode(), headers)

    def _raw(self, data: bytes) -> bool:
        try:
            self.connection.sendall(data)
        except OSError:
            self.call.client_left = self.call.client_left or time.monotonic()
            return False
        return True

    def _body(self, data: bytes) -> bool:
        return self._raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _end(self) -> None:
        self._raw(b"0\r\n\r\n")

    def _event(self, data: dict[str, Any]) -> bool:
        return self._body(f"data: {json.dumps(data)}\n\n".encode())

    def _split(self, data: dict[str, Any]) -> bool:
        """Send an event in pieces of three bytes, through the middle of characters."""
        raw = f"data: {json.dumps(data, ensure_ascii=False)}\r\n\r\n".encode()
        return all(self._body(raw[start : start + 3]) for start in range(0, len(raw), 3))

    def _delivered(self, piece: str) -> None:
        # Pieces are whole words, so that their tokens add up.
        self.call.pieces.append(piece)
        self.call.delivered += count_tokens(piece)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _client_is_gone(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.connection], [], [], seconds)
        if ready and not self.connection.recv(1, socket.MSG_PEEK):
            self.call.client_left = self.call.client_left or time.monotonic()
            return True
        return self.faults.release.is_set()

    def _wait_for_client(self) -> None:
        while not self._client_is_gone(0.05):
            pass


class Quiet:
    """Pass over a client that left."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        return kind is not None and issubclass(kind, OSError)


def png(width: int, height: int, *, pixels: bool = True) -> bytes:
    """Return a grey PNG; without ``pixels`` one that only claims its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\x80" * width) * height if pixels else b"\x00"
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
