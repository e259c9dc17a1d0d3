"""A fresh database for a run, dropped at the end."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit


@contextmanager
def fresh_database(vendor: str) -> Iterator[None]:
    """Name a new database in ``BENCHMARK_DATABASE`` for this process and its children.

    ``vendor``: "sqlite", or "postgres" on the server of ``DATABASE_URL`` (default the local one).
    """
    if vendor == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            chosen = {"vendor": "sqlite", "name": str(Path(folder) / "benchmark.sqlite3")}
            os.environ["BENCHMARK_DATABASE"] = json.dumps(chosen)
            yield
        return
    import psycopg

    url = urlsplit(os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres")
    name = f"ai_cms_benchmark_{uuid.uuid4().hex[:8]}"
    chosen = {
        "vendor": "postgresql",
        "name": name,
        "host": url.hostname or "",
        "port": str(url.port or ""),
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
    }
    server = {key: chosen[key] or None for key in ("host", "port", "user", "password")}
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as connection:  # type: ignore[arg-type]
        connection.execute(f'CREATE DATABASE "{name}"')
    os.environ["BENCHMARK_DATABASE"] = json.dumps(chosen)
    try:
        yield
    finally:
        with psycopg.connect(dbname="postgres", autocommit=True, **server) as connection:  # type: ignore[arg-type]
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
