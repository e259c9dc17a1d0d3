"""Nothing that comes out of memory is stale: four writers, two servers, eight readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from .database import fresh_database, postgres_url
from .lane_staleness import stress


@pytest.mark.stress
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_no_answer_is_older_than_what_was_acknowledged(vendor: str, tmp_path: Path) -> None:
    """The full size is ``python -m tests.stress.lane_staleness``."""
    if vendor == "postgresql" and not postgres_url():
        pytest.skip("DATABASE_URL names no PostgreSQL server")
    with fresh_database(vendor, tmp_path) as env:
        report = stress(env, writes=12, seed=3)
    assert report["stale"] == []
    assert report["errors"] == []
    assert report["trouble"] == ["", ""]
    # Or nothing would be proven.
    assert report["from_memory"] > 20, report
    assert report["maintenance"] == [503, 503, 200, 200]
