from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.test import Client

from ai_cms.core import health

pytestmark = pytest.mark.django_db


def broken() -> None:
    raise ConnectionError("password=hunter2 host=db.internal")


def test_strangers_learn_one_word(client: Client, member: Any) -> None:
    answer = client.get("/health-check/")
    assert answer.status_code == 200
    assert answer.json() == {"status": "healthy", "maintenance": False}
    assert answer["Cache-Control"] == "no-store"
    client.force_login(member)
    assert client.get("/health-check/").json() == {"status": "healthy", "maintenance": False}


def test_staff_see_every_check(client: Client, editor: Any) -> None:
    client.force_login(editor)
    checks = client.get("/health-check/").json()["checks"]
    assert set(checks) == {"database", "cache", "migrations"}
    assert all(check["ok"] and check["latency_ms"] >= 0 for check in checks.values())


@pytest.mark.parametrize("name", ["database", "cache", "migrations"])
def test_when_something_is_down(client: Client, editor: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(health.CHECKS, name, broken)
    answer = client.get("/health-check/")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unhealthy", "maintenance": False}
    client.force_login(editor)
    seen = client.get("/health-check/")
    assert b"hunter2" not in seen.content
    if name == "database":
        # Nobody can be recognised without a database.
        assert "checks" not in seen.json()
    else:
        assert seen.json()["checks"][name]["error"] == "ConnectionError"


def test_a_cache_that_forgets_is_down(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert client.get("/health-check/").status_code == 503


def test_missing_migrations_are_found(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    # In this thread, whose transaction holds the change.
    monkeypatch.setattr(health, "_in_memory", lambda: True)
    MigrationRecorder.Migration.objects.filter(app="ai_cms_core").delete()
    assert client.get("/health-check/").status_code == 503


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/health-check/").status_code == 405


def test_a_check_that_hangs_does_not_hang_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a database server the checks run in a thread that is waited for at most so long, and only one at a time."""
    monkeypatch.setattr(health, "_in_memory", lambda: False)
    monkeypatch.setattr(health, "DEADLINE", 0.1)
    release = threading.Event()
    runs: list[int] = []

    def hang() -> None:
        runs.append(1)
        release.wait(5)

    monkeypatch.setattr(health, "CHECKS", {"cache": lambda: None, "hanging": hang, "after": lambda: None})
    try:
        for _attempt in range(2):
            began = time.monotonic()
            found = health.examine()
            assert time.monotonic() - began < 1
            assert found.checks["cache"].ok
            assert found.checks["hanging"].error == found.checks["after"].error == "no answer in time"
            assert not found.ok
            health.forget_result()
        assert len(runs) == 1
    finally:
        release.set()
        assert health._Examination._running is not None
        health._Examination._running.thread.join(5)
        health._Examination._running = None


def test_the_result_is_used_again_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_in_memory", lambda: False)
    runs: list[int] = []
    monkeypatch.setattr(health, "CHECKS", {"counted": lambda: runs.append(1)})
    assert health.examine() is health.examine()
    health.forget_result()
    health.examine()
    assert len(runs) == 2
