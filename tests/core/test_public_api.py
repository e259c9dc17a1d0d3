"""``__all__`` of each module of core is exactly what the module defines for others."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import ai_cms.core

ROOT = Path(ai_cms.core.__file__).parent
# Modules that Django or pytest look for by name, and that nobody imports from.
LEFT_OUT = {"apps", "__init__"}
# What a module offers from elsewhere.
PASSED_ON = {"tasks": {"task"}, "api.filters": {"DjangoFilterBackend"}}
MODULES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for path in ROOT.rglob("*.py")
    if path.stem not in LEFT_OUT and not {"migrations", "management"} & set(path.parts)
)


def defined_names(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_")} - {"logger", "F", "M", "T"}


@pytest.mark.parametrize("name", MODULES)
def test_all_is_what_is_public(name: str) -> None:
    path = ROOT / Path(*name.split(".")).with_suffix(".py")
    module = import_module(f"ai_cms.core.{name}")
    assert set(module.__all__) == defined_names(path.read_text()) | PASSED_ON.get(name, set())
    assert len(module.__all__) == len(set(module.__all__))


@pytest.mark.parametrize("name", MODULES)
def test_modules_stay_small_and_have_a_docstring(name: str) -> None:
    source = (ROOT / Path(*name.split(".")).with_suffix(".py")).read_text()
    assert len(source.splitlines()) < 400
    assert ast.get_docstring(ast.parse(source))
