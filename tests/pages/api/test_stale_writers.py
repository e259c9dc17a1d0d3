"""Four writers with a stale If-Match that another saves past between look and lock: 412 each, and no effect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ai_cms.core.tokens import create_token
from ai_cms.pages import get_page_model, services

from . import parallel

ROOT = Path(__file__).resolve().parents[3]
REFUSED = dict.fromkeys(("move", "reorder", "copy", "unpublish"), 412)


def test_on_a_sqlite_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.pages.api.parallel", "stale"],
        cwd=ROOT,
        env={**os.environ, "AI_CMS_TEST_SQLITE": str(tmp_path / "db.sqlite3")},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == REFUSED


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_on_postgresql(superuser: Any, page_factory: Any, system: Any) -> None:
    page, goal = page_factory("Page", publish=True), page_factory("Goal")
    _token, secret = create_token(superuser, scopes=["write", "publish"])
    assert parallel.stale_writers(secret, page.pk, goal.pk) == REFUSED
    page.refresh_from_db()
    assert (page.path, page.live, get_page_model().objects.count()) == ("/page/", True, 3)
    assert services.unpublish_page(page, actor=system, expected_version=2).live is False
