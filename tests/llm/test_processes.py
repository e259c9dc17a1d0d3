"""Credits under a rush, and calls under ``kill -9``: in real threads and processes, on a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from .processes import Processes
from .scenarios import ANSWER, KILL_POINTS, PROMPT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stress]

ALLOWANCE = 100_000
SENT = {"when marked as sent", "before the first byte", "while streaming", "after saving text", "before settling",
        "inside settling", "at the end of settling"}  # fmt: skip
REPORTED = {"after settling"}


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


def test_credits_for_ten_serve_ten_of_fifty(processes: Processes) -> None:
    found = processes.run("race", requests=50, affordable=10, rounds=2)
    assert found["errors"] == []
    assert found["served"] == [10, 10]
    assert found["calls"] == 20
    assert found["balances"] == found["reserved"] == found["sums"] == [0, 0]


def test_calls_wait_for_credits_that_others_hold(processes: Processes) -> None:
    found = processes.run("wait_for_credits", requests=8)
    assert found == {"errors": [], "balance": 1000 - 8 * 10, "reserved": 0}


def test_an_allowance_and_a_grant_are_given_once(processes: Processes) -> None:
    found = processes.run("allowance_race", requests=20)
    assert found == {"balance": ALLOWANCE + 2000, "entries": 2, "errors": []}


def test_no_more_open_calls_than_allowed(processes: Processes) -> None:
    found = processes.run("limit_race", {"LLM_CALLS_PER_USER": 3, "LLM_ADMISSION_WAIT": 0.3}, requests=12, limit=3)
    assert found["errors"] == []
    assert found["opened"] == 3
    assert found["refused"] == [429] * 9
    assert found["after"] == "complete"


def check_kills(processes: Processes, times: int) -> None:
    found = processes.run("kill", points=list(KILL_POINTS), times=times)
    assert len(found) == len(KILL_POINTS) * times
    for name, state in found.items():
        point = name.rpartition(" ")[0]
        assert state["killed"], name
        assert (state["open"], state["reserved"]) == (0, 0), name
        assert state["balance"] == state["sum"], name
        assert len(state["charges"]) == (point in SENT or point in REPORTED), name
        charged = ALLOWANCE - state["balance"]
        if point in REPORTED:
            assert charged == PROMPT + ANSWER, name
        elif point in SENT:
            assert 0 < charged <= PROMPT + ANSWER, name
            assert state["logs"][0]["usage_source"] == "estimated", name
        else:
            assert charged == 0, name
        made = point not in {"before the reservation", "inside the reservation"}
        assert len(state["logs"]) == len(state["calls"]) == made, name
        if point == "after saving text":
            assert state["logs"][0]["output"] == "one ", name


def test_a_killed_call_is_settled_once(processes: Processes) -> None:
    check_kills(processes, times=1)


def test_three_hundred_killed_calls_are_settled_once(processes: Processes) -> None:
    check_kills(processes, times=25)


def test_credits_for_ten_serve_ten_of_fifty_twenty_times(processes: Processes) -> None:
    # SQLite lets one write at a time, so that a rush of fifty is a queue there: fewer turns show the same.
    rounds = 20 if connection.vendor == "postgresql" else 5
    found = processes.run("race", requests=50, affordable=10, rounds=rounds)
    assert found["errors"] == []
    assert found["served"] == [10] * rounds
    assert found["calls"] == 10 * rounds
    assert found["balances"] == found["reserved"] == found["sums"] == [0] * rounds


def test_a_killed_run_is_marked_and_keeps_its_text(processes: Processes) -> None:
    processes.killed("die_in_run", user_name="victim")
    assert processes.run("settle")["runs"] == 1
    assert processes.run("settle")["runs"] == 0
    runs: list[dict[str, Any]] = processes.run("report", user_name="victim")["runs"]
    assert runs == [{"status": "interrupted", "text": "some words", "error_code": "ai_interrupted"}]


def test_the_pool_is_bounded_and_everything_gets_done(processes: Processes) -> None:
    found = processes.run("pool", {"RUN_THREADS": 3}, runs=12, threads=3)
    assert (found["statuses"], found["gapless"]) == (["done"], True)
    assert found["results"] == [number * 2 for number in range(11)]
    assert found["texts"] == ["0 1 2 3 4 5 6 7 8 9 "]
    assert found["deltas"] <= 6
    assert found["most_at_once"] <= 3
    assert (found["waiting"], found["stopped"]) == ("cancelled", "cancelled")
    assert found["cancelled_after"] < 2


def test_no_more_open_runs_than_allowed(processes: Processes) -> None:
    found = processes.run("run_limit_race", {"RUN_OPEN_PER_USER": 3}, requests=20)
    assert found == {"open": [3, 3], "same": [1, 1], "refused": 17, "errors": []}


def test_a_forked_process_has_a_pool_of_its_own(processes: Processes) -> None:
    assert processes.run("fork") == {"parent": True, "child": True}


def test_fifty_hanging_calls_take_no_more_threads_than_the_pool_has(processes: Processes) -> None:
    found = processes.run("hang", {"RUN_THREADS": 4, "RUN_OPEN_PER_USER": None}, calls=50, readers=4)
    assert found == {"running": 4, "read": 4 * 20}
