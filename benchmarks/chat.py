"""Measure conversations that are streamed by one ASGI process, beside django-ag-ui with the same model; print JSON.

    python -m benchmarks.chat --database postgres --ag-ui /path/to/a/venv/with/django-ag-ui/bin/python

Each process is uvicorn with one worker. CPU is that of this process and of its PostgreSQL server processes; the clients, and
what waits, cost none of it. ``first_*``: from the post to the first event, and to the first text, of a model that answers at
once. ``streams``: many answers at once, each of so many pieces, in several waves. Ours are stored, may be taken up again and
are paid for; the peer's are passed on and forgotten. Only ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from .databases import fresh_database
from .http import free_port
from .processes import cpu_seconds, database_backends

ROOT = Path(__file__).resolve().parents[1]
#: What one run has to hold, for the machine that the goals were set on.
GOALS = {"first_event_ms": 150.0, "cpu_per_chunk_ms": 1.0, "memory_growth": 1.1, "times_django_ag_ui": 3.0}
#: Seconds that a wave may take beyond the model's own time: on a busy machine nobody would ever get as far, else.
SOON = 300.0


@contextmanager
def served(python: str, application: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Serve ``application`` with uvicorn; yields (port, process id)."""
    port = free_port()
    command = [python, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(
        [*command, "--lifespan", "off", application], env={**os.environ, **environment}, cwd=ROOT
    )
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(f"{application} has ended by itself")
            try:
                asyncio.run(_close(port))
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


async def _close(port: int) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def stream(port: int, path: str, body: Any, headers: dict[str, str], ends: bytes, text: bytes) -> dict[str, Any]:
    """Post and read the events to the last; return the seconds to the first and to the first text, and the text events."""
    sent = json.dumps(body).encode()
    told = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Accept": "text/event-stream", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    try:
        head = f"POST {path} HTTP/1.1\r\n{lines}Content-Length: {len(sent)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + sent)
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"{path}: {status!r} {(await reader.read())[-600:]!r}")
        first = first_text = 0.0
        events = received = 0
        tail = b""
        while piece := await reader.read(2**16):
            received += len(piece)
            tail = tail[-2000:] + piece
            if not first and b"data:" in piece:
                first = time.perf_counter() - started
            events += piece.count(text)
            if events and not first_text:
                first_text = time.perf_counter() - started
        if ends not in tail:
            raise RuntimeError(f"{path}: ended without {ends!r}: {tail!r}")
        return {"first": first, "first_text": first_text, "events": events, "bytes": received}
    finally:
        writer.close()


class Ours:
    """A user and a conversation for each stream, on a fresh database."""

    def __init__(self, count: int) -> None:
        from django.contrib.auth import get_user_model

        from ai_cms.chat.services import create_agent, create_conversation
        from ai_cms.core.tokens import create_token

        users = get_user_model()
        self.posts: list[tuple[str, dict[str, str]]] = []
        for number in range(count):
            user: Any = users.objects.create(username=f"guest{number}")
            agent = create_agent(actor=user, name="Baker", llm_provider="default")
            talk = create_conversation(actor=user, agent=agent)
            secret = create_token(user, scopes=("write",))[1]
            self.posts.append((str(talk.pk), {"Authorization": f"Bearer {secret}"}))

    def request(self, number: int, protocol: str = "") -> dict[str, Any]:
        key, headers = self.posts[number]
        path = f"/api/conversations/{key}/send_message/" + (f"?protocol={protocol}" if protocol else "")
        body: dict[str, Any] = {"content": f"Tell me of bread {uuid4().hex}.", "stream": not protocol}
        if protocol:
            return {
                "path": path,
                "body": body,
                "headers": headers,
                "ends": b"RUN_FINISHED",
                "text": b"TEXT_MESSAGE_CONTENT",
            }
        return {"path": path, "body": body, "headers": headers, "ends": b"event: done", "text": b"event: delta"}


def theirs(number: int) -> dict[str, Any]:
    """Return what is asked of django-ag-ui."""
    said = [{"id": uuid4().hex, "role": "user", "content": f"Tell me of bread {number}."}]
    body: dict[str, Any] = {"threadId": uuid4().hex, "runId": uuid4().hex, "messages": said}
    body |= {"state": {}, "tools": [], "context": [], "forwardedProps": {}}
    return {"path": "/agent/", "body": body, "headers": {}, "ends": b"RUN_FINISHED", "text": b"TEXT_MESSAGE_CONTENT"}


async def wave(port: int, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Have all streams at once."""
    async with asyncio.timeout(SOON):
        return await asyncio.gather(*(stream(port, **request) for request in requests))


def resident(pid: int) -> int:
    """Return the KiB of memory that a process has, and the most that it has had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def measure(port: int, pid: int, make: Any, options: argparse.Namespace, database: str = "") -> dict[str, Any]:
    """Return what waves of streams cost. ``make``: the request of a number."""
    asyncio.run(wave(port, [make(number) for number in range(min(10, options.streams))]))
    rounds, memory = [], []
    for _ in range(options.waves):
        pids = [pid, *(database_backends(database) if database else [])]
        before, started = cpu_seconds(pids), time.perf_counter()
        found = asyncio.run(wave(port, [make(number) for number in range(options.streams)]))
        took = time.perf_counter() - started
        # Those that have come meanwhile have had no time before.
        after = [pid, *(database_backends(database) if database else [])]
        cpu = cpu_seconds(after) - before
        memory.append(resident(pid))
        rounds.append((cpu, took, found))
    cpu, took, found = min(rounds, key=lambda one: one[0])
    return {
        "streams": options.streams,
        "cpu_seconds": round(cpu, 2),
        "seconds": round(took, 1),
        "streams_per_cpu_second": round(options.streams / cpu, 2),
        "cpu_per_chunk_ms": round(1000 * cpu / options.streams / options.pieces, 3),
        "text_events_each": round(statistics.mean(one["events"] for one in found), 1),
        "first_text_p50_ms": round(1000 * statistics.median(one["first_text"] for one in found), 1),
        "memory_mib": [round(value / 1024, 1) for value in memory],
        "memory_growth": round(memory[-1] / memory[0], 3),
    }


def first_event(port: int, ours: Ours, times: int) -> dict[str, Any]:
    """Return what a person waits for who is alone, of a model that answers at once."""
    found = [asyncio.run(stream(port, **ours.request(0))) for _ in range(times + 3)][3:]
    first, text = sorted(1000 * one["first"] for one in found), sorted(1000 * one["first_text"] for one in found)
    return {
        "first_event_ms": round(statistics.median(first), 1),
        "first_event_p95_ms": round(first[int(len(first) * 0.95)], 1),
        "first_text_ms": round(statistics.median(text), 1),
    }


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of ai_cms of the measured site."""
    backend = {"BACKEND": "benchmarks.chat_backend.PacedBackend", "MODEL": "paced"}
    return {
        "LLM": {"default": {**backend, "OPTIONS": {}}},
        "LLM_ALLOWANCES": {"free": {"text": 10**6, "image": 0}},
        "RUNNER": "thread",
        # An answer that is written holds a thread, which waits nearly always.
        "RUN_THREADS": options.streams,
        "RATE_LIMITS": {"chat_messages": None},
        "LLM_CALLS_PER_ALIAS": None,
    }


def peer(options: argparse.Namespace, environment: dict[str, str]) -> dict[str, Any]:
    """Return what django-ag-ui costs, or why that cannot be said."""
    if not options.ag_ui:
        return {"not_measured": "give a Python that has django-ag-ui and uvicorn with --ag-ui"}
    asked = "import importlib.metadata as m; print(*(m.version(n) for n in ('django-ag-ui', 'pydantic-ai-slim', 'uvicorn')))"
    there = subprocess.run([options.ag_ui, "-c", asked], capture_output=True, text=True, check=False)
    if there.returncode:
        return {"not_measured": there.stderr.strip().splitlines()[-1]}
    with served(options.ag_ui, "benchmarks.chat_ag_ui:application", environment) as (port, pid):
        found = measure(port, pid, theirs, options)
    return {"versions": there.stdout.split(), **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--pieces", type=int, default=200, help="of one answer")
    parser.add_argument("--pause", type=float, default=0.04, help="seconds between two pieces")
    parser.add_argument("--waves", type=int, default=3)
    parser.add_argument("--times", type=int, default=20, help="posts whose first event is waited for")
    parser.add_argument("--ag-ui", default="", help="A Python that has django-ag-ui and uvicorn; measured beside.")
    options = parser.parse_args()
    paced = {"BENCHMARK_PIECES": str(options.pieces), "BENCHMARK_PAUSE": str(options.pause)}
    load = os.getloadavg()[0]
    with fresh_database(options.database):
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "benchmarks.chat_settings",
            "BENCHMARK_CHAT": json.dumps(settings_of(options)),
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        ours = Ours(options.streams)
        connections.close_all()
        database = json.loads(os.environ["BENCHMARK_DATABASE"])
        name = database["name"] if database["vendor"] == "postgresql" else ""
        with served(sys.executable, "benchmarks.asgi:application", {**paced, "BENCHMARK_PAUSE": "0"}) as (port, _pid):
            metrics: dict[str, Any] = first_event(port, ours, options.times)
        with served(sys.executable, "benchmarks.asgi:application", paced) as (port, pid):
            metrics["own_events"] = measure(port, pid, ours.request, options, name)
        with served(sys.executable, "benchmarks.asgi:application", paced) as (port, pid):
            metrics["ag_ui_events"] = measure(port, pid, lambda n: ours.request(n, "ag-ui"), options, name)
    metrics["django_ag_ui"] = peer(options, paced)
    told = {"first_event_ms": metrics["first_event_ms"]}
    told |= {name: metrics["own_events"][name] for name in ("cpu_per_chunk_ms", "memory_growth")}
    rate = metrics["django_ag_ui"].get("streams_per_cpu_second")
    if rate:
        metrics["times_django_ag_ui"] = round(metrics["own_events"]["streams_per_cpu_second"] / rate, 2)
        told["times_django_ag_ui"] = metrics["times_django_ag_ui"]
    held = {
        name: value >= GOALS[name] if name.startswith("times") else value <= GOALS[name] for name, value in told.items()
    }
    told_load = [round(load, 1), round(os.getloadavg()[0], 1)]
    print(
        json.dumps(
            {"database": options.database, "load": told_load, "metrics": metrics, "goals": GOALS, "held": held},
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
