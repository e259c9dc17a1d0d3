"""The test project behind real servers, and the official Python client in front of them."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

__all__ = ["asgi_server", "ask"]


def ask(address: str, secret: str, work: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    """Return what ``work`` makes of a client that is connected to the server at ``address``."""

    async def run() -> Any:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            transport = streamable_http_client(f"{address}/mcp/", http_client=http)
            async with Client(transport, **options) as client:
                return await work(client)

    found: list[Any] = []

    def in_thread() -> None:
        # A loop of its own: Django refuses to be called synchronously where one runs.
        try:
            found.append(asyncio.run(run()))
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join(60)
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


@contextmanager
def asgi_server() -> Iterator[str]:
    """Serve the test project over ASGI on a free port of the loopback; yield the address."""
    import uvicorn
    from django.core.asgi import get_asgi_application

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(get_asgi_application(), port=port, log_level="warning", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
