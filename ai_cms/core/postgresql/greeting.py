"""Find out in time whether anybody answers at the address of a PostgreSQL server."""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Iterator

__all__ = ["answers_greeting"]

#: The packet by which a client asks for TLS: its length, and the number of the request. Each server answers with one byte.
_ASK_FOR_TLS = struct.pack("!II", 8, 80877103)


def answers_greeting(host: str, port: str, seconds: float) -> bool:
    """Return whether a server at ``host`` (a name, an address, or the folder of a socket) does not keep silent.

    All addresses of a name are asked at once. What is refused or cannot be asked counts as an answer: libpq says why.
    """
    deadline = time.monotonic() + seconds
    opened: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        try:
            for family, address in _addresses(host, port):
                one = socket.socket(family, socket.SOCK_STREAM)
                opened.append(one)
                one.setblocking(False)
                one.connect_ex(address)
                selector.register(one, selectors.EVENT_WRITE)
            return _hear(selector, deadline) if opened else True
        except OSError:
            return True
        finally:
            for one in opened:
                one.close()


def _addresses(host: str, port: str) -> Iterator[tuple[int, str | tuple[object, ...]]]:
    if host.startswith("/"):
        yield socket.AF_UNIX, f"{host}/.s.PGSQL.{port}"
        return
    for family, _kind, _protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        yield family, address


def _hear(selector: selectors.BaseSelector, deadline: float) -> bool:
    """Return whether one of the sockets brings an answer, or all are refused, before ``deadline``."""
    while selector.get_map():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        for key, event in selector.select(left):
            one: socket.socket = key.fileobj  # type: ignore[assignment]
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                selector.unregister(one)
            elif event & selectors.EVENT_WRITE:
                one.send(_ASK_FOR_TLS)
                selector.modify(one, selectors.EVENT_READ)
            else:
                # A byte, or the end of the connection: somebody is there.
                return True
    return True
