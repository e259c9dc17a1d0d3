"""Idempotency and limits under real parallel load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ai_cms.core.tokens import create_token

from . import parallel

ROOT = Path(__file__).resolve().parents[2]


def in_own_process(scenario: str, folder: Path) -> dict[str, Any]:
    environment = {**os.environ, "AI_CMS_TEST_FILE": str(folder / "db.sqlite3")}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.core.file_settings"
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.parallel", scenario],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check_writes(result: dict[str, Any], rounds: int) -> None:
    assert result["effects"] == [1] * rounds
    # Created, replayed, or told that the first is still running; nothing else, above all no error.
    assert {int(status) for status in result["statuses"]} <= {201, 409}
    assert result["replayed"] >= rounds


def test_idempotent_writes_on_a_sqlite_file(tmp_path: Path) -> None:
    check_writes(in_own_process("idempotency", tmp_path), 10)


def test_limits_on_a_sqlite_file(tmp_path: Path) -> None:
    assert in_own_process("limits", tmp_path) == {"served": 5}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_idempotent_writes_on_postgresql(member: Any) -> None:
    _token, secret = create_token(member, scopes=["write"])
    check_writes(parallel.idempotent_writes(secret, 10), 10)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_limits_on_postgresql() -> None:
    assert parallel.limited(40, 5) == {"served": 5}
