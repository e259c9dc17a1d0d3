"""Serve the site with gunicorn and load it over loopback."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

from .processes import children, cpu_seconds, database_backends

CONNECTIONS = 16


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(workers: int = 2, *, application: str = "benchmarks.wsgi", lane: str = "front") -> Iterator[tuple[int, int]]:
    """Run gunicorn with synchronous workers; yields (port, its process id). ``lane``: the setting FAST_LANE."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", f"{application}:application", f"--bind=127.0.0.1:{port}"]
    environment = {**os.environ, "BENCHMARK_LANE": lane}
    process = subprocess.Popen([*command, f"--workers={workers}", "--log-level=error"], env=environment)
    try:
        for _ in range(200):
            try:
                request(port, "/api/content/?page_size=1")
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def request(port: int, path: str, headers: dict[str, str] | None = None, body: Any = None) -> tuple[int, bytes, Any]:
    """Make one request; a ``body`` is sent as JSON by POST."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        data = None if body is None else json.dumps(body)
        extra = {} if body is None else {"Content-Type": "application/json"}
        connection.request("GET" if body is None else "POST", path, data, {**extra, **(headers or {})})
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def load(
    port: int, paths: list[str], seconds: float, headers: dict[str, str] | None = None, expect: int = 200
) -> list[float]:
    """Walk ``paths`` with 16 connections for ``seconds``; returns the latencies. Raises on any other status."""
    latencies: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    wrong: list[str] = []
    end = time.perf_counter() + seconds

    def walk(index: int) -> None:
        position = index * len(paths) // CONNECTIONS
        while time.perf_counter() < end and not wrong:
            started = time.perf_counter()
            status, body, _headers = request(port, paths[position % len(paths)], headers)
            latencies[index].append(time.perf_counter() - started)
            if status != expect:
                wrong.append(f"{paths[position % len(paths)]}: {status} {body[:300]!r}")
            position += 1

    threads = [threading.Thread(target=walk, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(wrong[0])
    return [value for found in latencies for value in found]


def measure(
    name: str,
    port: int,
    pid: int,
    paths: list[str],
    *,
    seconds: float,
    rounds: int = 3,
    headers: dict[str, str] | None = None,
    expect: int = 200,
) -> dict[str, float]:
    """Return rate, latencies and CPU milliseconds for one request of a load, under ``name``."""
    load(port, paths, min(2.0, seconds), headers, expect)
    results = []
    database = json.loads(os.environ["BENCHMARK_DATABASE"])
    for _ in range(rounds):
        pids = [*children(pid), *(database_backends(database["name"]) if database["vendor"] == "postgresql" else [])]
        before, started = cpu_seconds(pids), time.perf_counter()
        latencies = load(port, paths, seconds, headers, expect)
        took = time.perf_counter() - started
        cpu = cpu_seconds(pids) - before
        results.append((len(latencies) / took, latencies, cpu / len(latencies) * 1000))
    rate, latencies, _cpu = sorted(results, key=lambda result: result[0])[len(results) // 2]
    return {
        f"{name}_rps": round(rate, 1),
        f"{name}_p50_ms": round(statistics.median(latencies) * 1000, 2),
        f"{name}_p99_ms": round(sorted(latencies)[int(len(latencies) * 0.99)] * 1000, 2),
        f"{name}_cpu_ms": round(min(cpu for _rate, _latencies, cpu in results), 3),
    }
