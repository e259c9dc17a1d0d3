"""What all tests of the gateway start from."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from ai_cms.llm.executors import Watch
from ai_cms.llm.tokens import calibration


@pytest.fixture(autouse=True)
def uncalibrated() -> None:
    """Estimate as if no model had been called before."""
    calibration.clear()


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the watch thread from SQLite's database in memory: Django leaves a thread's connection to it open.

    On a busy machine a run of a test may last until it looks. Tests call it themselves; processes of their own have it.
    """
    if connection.vendor != "sqlite":
        return
    look = Watch._look

    def look_here(self: Watch, contexts: list[Any]) -> None:
        if threading.current_thread() is threading.main_thread():
            look(self, contexts)

    monkeypatch.setattr(Watch, "_look", look_here)
