"""The reference says what the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.dispatch import Signal

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
APPS = ("core", "blocks", "pages", "llm", "assist", "accounts")


def first_cells(page: str) -> set[str]:
    """Return the code in the first column of all tables of a page."""
    text = (REFERENCE / page).read_text("utf-8")
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


@pytest.mark.skipif(find_spec("jwt") is None, reason="the tables cover ai_cms.accounts, whose extra is not installed")
def test_generated_tables_are_up_to_date() -> None:
    """In a process of its own, as the tables cover every app and these settings may leave one out."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-W", "error", str(ROOT / "docs" / "tables.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"run `make reference`\n{done.stdout}{done.stderr}"


def test_every_system_check_is_listed() -> None:
    found: set[str] = set()
    for source in (ROOT / "ai_cms").rglob("*.py"):
        found |= set(re.findall(r"\bai_cms_[a-z]+\.[EWI]\d{3}\b", source.read_text("utf-8")))
    assert found
    assert first_cells("checks.md") == found


def test_every_signal_is_listed() -> None:
    found = set()
    for app in APPS:
        if find_spec(f"ai_cms.{app}.signals"):
            module = import_module(f"ai_cms.{app}.signals")
            found |= {name for name, value in vars(module).items() if isinstance(value, Signal)}
    assert first_cells("signals.md") == found


def test_pages_name_only_files_that_exist() -> None:
    missing = []
    for page in (ROOT / "docs").rglob("*.md"):
        text = page.read_text("utf-8")
        for name in re.findall(r"`((?:ai_cms|example_project|tests|docs)/[\w./-]+(?:\.py|/))`", text):
            if not (ROOT / name).exists():
                missing.append(f"{page.relative_to(ROOT)}: {name}")
    assert missing == []
