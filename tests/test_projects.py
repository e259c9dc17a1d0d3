"""Each supported combination of apps checks, migrates and answers, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROJECTS = Path(__file__).parent / "projects"
ROOT = PROJECTS.parent.parent


#: Projects that install an app whose packages are an extra, and a package of it.
NEEDS = {"accounts": "jwt", "accounts_only": "jwt", "social": "allauth", "swapped_user": "jwt"}


@pytest.mark.parametrize("name", sorted(path.parent.name for path in PROJECTS.glob("*/settings.py")))
def test_project_checks_migrates_and_answers(name: str) -> None:
    if find_spec(NEEDS.get(name, "django")) is None:
        pytest.skip(f"the extra that brings {NEEDS[name]} is not installed")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "AI_CMS"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.projects.run", name],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
