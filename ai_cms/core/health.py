"""Is the site up? One word for anonymous visitors and load balancers, details for staff."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import View

from .jsontypes import JsonObject
from .lane.traffic import get_lane
from .maintenance import json_answer, maintenance_enabled

__all__ = [
    "CHECKS",
    "DEADLINE",
    "MEMO_SECONDS",
    "CheckResult",
    "Health",
    "HealthCheckView",
    "check_cache",
    "check_database",
    "check_migrations",
    "examine",
    "forget_result",
]

#: Seconds until a check that does not answer counts as failed.
DEADLINE = 1.5
#: Seconds a result is used again, so that anonymous visitors cannot turn the endpoint into load.
MEMO_SECONDS = 1.0
_CACHE_KEY = "ai_cms.core.health"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckResult:
    """What one check found; ``latency``: seconds."""

    ok: bool
    latency: float
    error: str = ""

    def to_json(self) -> JsonObject:
        """Return the result for staff, the latency in milliseconds."""
        body: JsonObject = {"ok": self.ok, "latency_ms": round(self.latency * 1000, 1)}
        return body | {"error": self.error} if self.error else body


@dataclass(frozen=True)
class Health:
    """What all checks found."""

    checks: dict[str, CheckResult] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(result.ok for result in self.checks.values())


def examine() -> Health:
    """Run the checks, all within :data:`DEADLINE` seconds."""
    return _Examination.run()


def forget_result() -> None:
    """Make the next question look again."""
    _Examination._last = None


def check_database() -> None:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def check_cache() -> None:
    cache.set(_CACHE_KEY, "up", 10)
    if cache.get(_CACHE_KEY) != "up":
        raise RuntimeError("a value that was just written could not be read")


def check_migrations() -> None:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise RuntimeError(f"{len(plan)} migrations are not applied")


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "cache": check_cache,
    "migrations": check_migrations,
}


class _Examination:
    """One run of all checks in a thread of its own, which may hang without hanging the request."""

    _lock = threading.Lock()
    _running: _Examination | None = None
    _last: tuple[float, Health] | None = None

    def __init__(self) -> None:
        self.results: dict[str, CheckResult] = {}
        self.thread = threading.Thread(target=self._work, name="ai_cms-health", daemon=True)

    @classmethod
    def run(cls) -> Health:
        if _in_memory():
            # Such a database lives in the connections of its threads and cannot hang.
            here = cls()
            here.look()
            return Health(here.results)
        with cls._lock:
            if cls._last is not None and time.monotonic() - cls._last[0] < MEMO_SECONDS:
                return cls._last[1]
            # A run that hangs is waited for again instead of piling up threads.
            current = cls._running
            if current is None or not current.thread.is_alive():
                current = cls._running = cls()
                current.thread.start()
        current.thread.join(DEADLINE)
        finished = dict(current.results)
        late = CheckResult(ok=False, latency=DEADLINE, error="no answer in time")
        health = Health({name: finished.get(name, late) for name in CHECKS})
        cls._last = (time.monotonic(), health)
        return health

    def _work(self) -> None:
        try:
            self.look()
        finally:
            connections.close_all()

    def look(self) -> None:
        for name, check in CHECKS.items():
            self.results[name] = _timed(name, check)


def _in_memory() -> bool:
    connection: Any = connections[DEFAULT_DB_ALIAS]
    return connection.vendor == "sqlite" and bool(connection.is_in_memory_db())


def _timed(name: str, check: Callable[[], None]) -> CheckResult:
    began = time.monotonic()
    try:
        check()
    except Exception as error:  # whatever is wrong with a service is the finding, not a fault of this view
        logger.warning("Health check %s failed.", name, exc_info=True)
        return CheckResult(ok=False, latency=time.monotonic() - began, error=type(error).__name__)
    return CheckResult(ok=True, latency=time.monotonic() - began)


class HealthCheckView(View):
    """``GET /health-check/``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer up (200), down (503), or that the site is under maintenance (503)."""
        health = examine()
        maintenance = maintenance_enabled()
        staff = self._is_staff(request, health)
        if maintenance and not staff:
            return json_answer()
        body: JsonObject = {"status": "healthy" if health.ok else "unhealthy", "maintenance": maintenance}
        if staff:
            body["checks"] = {name: result.to_json() for name, result in health.checks.items()}
            # Of the process that answers: each worker has its own.
            body["fast_lane"] = get_lane().report()
        response = JsonResponse(body, status=200 if health.ok else 503)
        response["Cache-Control"] = "no-store"
        return response

    def _is_staff(self, request: HttpRequest, health: Health) -> bool:
        # Without a database there are no sessions; asking for the user would only fail.
        database = health.checks.get("database")
        user = getattr(request, "user", None) if database is None or database.ok else None
        return bool(user is not None and user.is_authenticated and user.is_active and user.is_staff)
