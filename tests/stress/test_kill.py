"""Promise 3: every verb is all or nothing under ``kill -9``, and what was acknowledged is there."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import pytest

from .database import fresh_database, postgres_url, run, start

KILLS = 12


@pytest.mark.stress
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_killed_process_leaves_whole_states(vendor: str, tmp_path: Path) -> None:
    """Kill a process that edits and acknowledges each edit, at random moments; look at what it left each time."""
    if vendor == "postgresql" and not postgres_url():
        pytest.skip("DATABASE_URL names no PostgreSQL server")
    dice = random.Random(7)
    with fresh_database(vendor, tmp_path) as env:
        acknowledged: set[str] = set()
        for number in range(KILLS):
            process = start(env, "acknowledge", number)
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            time.sleep(dice.uniform(0.05, 0.9))
            process.send_signal(signal.SIGKILL)
            rest, _err = process.communicate(timeout=60)
            lines += rest.splitlines()
            # The last line may be cut off by the kill: it was not acknowledged.
            acknowledged |= {line.strip() for line in lines if line.strip().endswith(".")}
        report = json.loads(run(env, "verify-kill"))
    assert report["broken"] == []
    titles = set(report["titles"])
    promised = {line.split(" ", 1)[1].rstrip(".") for line in acknowledged if line.startswith("saved ")}
    assert promised, "the processes were killed before they did anything"
    assert promised <= titles, promised - titles
    assert report["half"] == []


@pytest.mark.stress
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_process_killed_before_any_statement_changes_nothing(vendor: str, tmp_path: Path) -> None:
    """Kill each verb before each of its statements and before its COMMIT: all or nothing, and no repair."""
    if vendor == "postgresql" and not postgres_url():
        pytest.skip("DATABASE_URL names no PostgreSQL server")
    with fresh_database(vendor, tmp_path) as env:
        found = json.loads(run(env, module="kill_points"))
    assert {verb: report["wrong"] for verb, report in found.items() if report["wrong"] or not report["done"]} == {}
    assert len(found) == 9
    # Fewer would mean that the statements were not counted.
    assert all(report["points"] >= 5 for report in found.values()), found
