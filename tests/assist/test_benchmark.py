"""The goals of speed, by the benchmark itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.stress.database import ROOT


@pytest.mark.stress
def test_a_writing_task_costs_little_beside_the_model() -> None:
    command = [sys.executable, "-m", "benchmarks.assist", "--times", "10"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert all(found["held"].values()), found
