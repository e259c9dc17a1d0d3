"""A database of its own for a test that works with several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]


def postgres_url() -> str:
    """Return the URL of the server the PostgreSQL run uses; empty when none is named."""
    return os.environ.get("DATABASE_URL", "") if "postgres" in os.environ.get("DATABASE_URL", "") else ""


@contextmanager
def fresh_database(vendor: str, folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of processes that share a new, migrated database; dropped at the end."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.stress.settings"}
    name = f"ai_cms_stress_{uuid.uuid4().hex[:10]}"
    if vendor == "sqlite":
        env["STRESS_DATABASE"] = json.dumps({"vendor": "sqlite", "name": str(folder / "stress.sqlite3")})
        run(env, "migrate")
        yield env
        return
    import psycopg

    url = urlsplit(postgres_url())
    server = f"{url.scheme.replace('psql', 'postgresql')}://{url.netloc}/postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    env["STRESS_DATABASE"] = json.dumps(
        {
            "vendor": "postgresql",
            "name": name,
            "host": url.hostname or "",
            "port": str(url.port or ""),
            "user": url.username or "",
            "password": url.password or "",
        }
    )
    try:
        run(env, "migrate")
        yield env
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def start(env: dict[str, str], *arguments: Any, module: str = "worker") -> subprocess.Popen[str]:
    """Start ``python -m tests.stress.<module>`` with ``arguments``."""
    command = [sys.executable, "-m", f"tests.stress.{module}", *map(str, arguments)]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(env: dict[str, str], *arguments: Any, module: str = "worker") -> str:
    """Run a worker to its end and return what it printed."""
    process = start(env, *arguments, module=module)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err[-4000:]
    return out
