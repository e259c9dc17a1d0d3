"""A repeated request is one request, however many arrive at once."""

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
from .conftest import heading

ROOT = Path(__file__).resolve().parents[3]


def check(result: dict[str, Any], rounds: int) -> None:
    # Publishing a published draft again makes no new revision of its own kind but one a publication.
    for name in ("create", "operations", "copy"):
        assert result["effects"][name] == [1] * rounds, (name, result)
    assert all(effect <= 1 for effect in result["effects"]["publish"]), result
    assert {int(status) for status in result["statuses"]} <= {200, 201, 409}, result
    assert result["bodies"] == [1] * len(result["bodies"]), result


def test_on_a_sqlite_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.pages.api.parallel"],
        cwd=ROOT,
        env={**os.environ, "AI_CMS_TEST_SQLITE": str(tmp_path / "db.sqlite3")},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    check(json.loads(done.stdout), 5)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_on_postgresql(superuser: Any, page_factory: Any) -> None:
    page = page_factory("Page")
    _token, secret = create_token(superuser, scopes=["write", "publish"])
    check(parallel.repeated_writes(secret, page.pk, 5), 5)


def test_another_body_under_the_same_key_is_refused(admin: Any, root: Any) -> None:
    headers = {"HTTP_IDEMPOTENCY_KEY": "one"}
    first = admin.post("/api/pages/", {"title": "Bread"}, format="json", **headers)
    again = admin.post("/api/pages/", {"title": "Bread"}, format="json", **headers)
    assert (again.status_code, again.json(), again["ETag"], again["Location"]) == (
        201,
        first.json(),
        first["ETag"],
        first["Location"],
    )
    assert again["Idempotency-Replayed"] == "true"
    assert admin.post("/api/pages/", {"title": "Rye"}, format="json", **headers).status_code == 422
    # A refusal releases the key.
    wrong = {"HTTP_IDEMPOTENCY_KEY": "two"}
    assert admin.post("/api/pages/", {"title": ""}, format="json", **wrong).status_code == 400
    assert (
        admin.post("/api/pages/", {"title": "Rye", "content_json": [heading()]}, format="json", **wrong).status_code
        == 201
    )
