"""The order of the house, as far as the linters do not hold it.

Directions and circles are contracts in pyproject.toml (import-linter), late imports a rule of ruff (PLC0415).
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps

import ai_cms
from tests import matrix

ROOT = Path(ai_cms.__file__).parent
APPS = sorted(path.parent.name for path in ROOT.glob("*/apps.py"))
#: Rooms that mirror a noun of the app for one kind of reader: ``pages/api/proposals.py``, ``pages/admin/proposals.py``.
MIRRORS = {"admin", "api", "management", "migrations", "models", "templatetags"}
#: Longer than this, a module wants splitting.
MOST_LINES = 400


def test_every_module_can_be_read_in_one_sitting() -> None:
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in ROOT.rglob("*.py")
        if "migrations" not in path.parts
    }
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


@pytest.mark.parametrize("app", APPS)
def test_no_two_rooms_of_an_app_have_a_module_of_the_same_name(app: str) -> None:
    names = Counter(
        path.stem
        for path in (ROOT / app).rglob("*.py")
        if path.stem != "__init__" and not MIRRORS & set(path.relative_to(ROOT / app).parts[:-1])
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_every_app_has_its_tests_in_every_cell_of_the_matrix() -> None:
    tests = Path(__file__).parent
    assert [path for path in matrix.PATHS if not (tests / path).is_file()] == []
    assert {app for app in APPS if len(matrix.MODULES.get(app, "").split()) < 3} == set()


@pytest.mark.parametrize("app", [app for app in APPS if (ROOT / app / "checks.py").exists()])
def test_the_checks_of_an_installed_app_are_loaded_with_it(app: str) -> None:
    assert not apps.is_installed(f"ai_cms.{app}") or f"ai_cms.{app}.checks" in sys.modules
