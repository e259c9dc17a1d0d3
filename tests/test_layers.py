"""The direction of imports holds, as pyproject.toml's contracts say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ai_cms

ROOT = Path(ai_cms.__file__).parent
#: What the code of each app may import of the others.
ALLOWED = {
    "core": set(),
    "blocks": {"core"},
    "assets": {"core", "blocks"},
    "llm": {"core"},
    "pages": {"core", "blocks", "assets"},
    "assist": {"core", "blocks", "assets", "llm", "pages"},
}
#: Loaded by another app's autodiscovery, so it may import that app.
EXCEPTIONS = {"pages/cms_tools.py": {"llm"}}


def imported_apps(path: Path) -> set[str]:
    """Return the ai_cms apps that a file names in imports, at any depth of its code."""
    package = ["ai_cms", *path.relative_to(ROOT).parent.parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        found |= {parts[1] for name in names if (parts := name.split("."))[0] == "ai_cms" and len(parts) > 1}
    return found & set(ALLOWED)


@pytest.mark.parametrize("app", sorted(ALLOWED))
def test_app_imports_only_what_lies_below_it(app: str) -> None:
    wrong = []
    for path in sorted((ROOT / app).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for other in imported_apps(path) - {app} - ALLOWED[app] - EXCEPTIONS.get(name, set()):
            wrong.append(f"{name} imports ai_cms.{other}")
    assert wrong == []


def test_every_app_has_a_rule() -> None:
    assert {path.parent.name for path in ROOT.glob("*/apps.py")} == set(ALLOWED)
