"""Run scenarios in processes of their own, on a database they share with each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

__all__ = ["Processes"]


class Processes:
    """Start scenarios: on a SQLite file of their own, or on the PostgreSQL database of the test."""

    def __init__(self, folder: Path) -> None:
        self.environment = {**os.environ, "PYTHONWARNINGS": "default"}
        if connection.vendor == "sqlite":
            path = self.environment["AI_CMS_TEST_SQLITE"] = str(folder / "scenario.sqlite3")
            # A copy of the test's own, which holds nothing yet: migrating takes ten times as long as most scenarios.
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [path])
        else:
            known = connection.settings_dict
            login = quote(known["USER"]) + (f":{quote(known['PASSWORD'])}" if known["PASSWORD"] else "")
            address = f"{known['HOST']}:{known['PORT']}" if known["PORT"] else known["HOST"]
            self.environment["DATABASE_URL"] = f"postgres://{login}@{address}/{quote(str(known['NAME']))}"

    def start(self, scenario: str, ai_cms: dict[str, Any] | None = None, **arguments: Any) -> subprocess.Popen[str]:
        """Start a scenario; ``ai_cms`` are settings."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.llm.scenarios", scenario, json.dumps(arguments)],
            env={**self.environment, "AI_CMS_SCENARIO": json.dumps(ai_cms or {})},
            cwd=Path(__file__).parents[2],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, scenario: str, ai_cms: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        """Run a scenario to its end and return what it printed."""
        process = self.start(scenario, ai_cms, **arguments)
        out, error = process.communicate(timeout=240)
        assert process.returncode == 0, error
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found

    def killed(self, scenario: str, **arguments: Any) -> None:
        """Run a scenario that does not survive."""
        process = self.start(scenario, **arguments)
        out, error = process.communicate(timeout=120)
        assert process.returncode == -9, out + error
