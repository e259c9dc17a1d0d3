"""docs/how-to/social-login.md, run: its settings and adapter against a provider on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "tests" / "projects" / "social"


def test_people_log_in_by_a_provider() -> None:
    pytest.importorskip("allauth", reason="django-allauth is not installed")
    pytest.importorskip("jwt", reason="the extra accounts is not installed")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "AI_CMS"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.projects.social.walk"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_the_page_has_what_is_run() -> None:
    page = (ROOT / "docs" / "how-to" / "social-login.md").read_text("utf-8")
    adapter = (PROJECT / "adapter.py").read_text("utf-8")
    assert adapter.partition("class SocialAdapter")[2] in page
    settings = (PROJECT / "settings.py").read_text("utf-8")
    for line in page.partition("```python\n")[2].partition("```")[0].splitlines():
        name, equals, value = line.partition(" = ")
        if equals and name.startswith(("SOCIALACCOUNT_", "ACCOUNT_")) and not value.endswith("{"):
            value = value.replace("people.adapter", "tests.projects.social.adapter")
            assert f"{name}={value}," in settings, name
