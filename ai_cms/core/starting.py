"""Prepare a host project: what its settings and URLs lack, as edits of their source.

The files are changed where a person would change them, by the positions that Python's own parser gives, so that comments
and formatting stay. What cannot be changed that way is refused with the lines to write by hand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .exceptions import AICMSError

__all__ = ["APPS", "Preparation", "StartRefused", "prepare_settings", "prepare_urls"]

#: The apps a project can be given, in the order of INSTALLED_APPS, and what each needs beside it.
APPS: dict[str, tuple[str, ...]] = {
    "core": ("rest_framework", "django_filters"),
    "blocks": (),
    "llm": (),
    "pages": ("mptt", "polymorphic"),
    "transfer": (),
    "assist": (),
}

_SQLITE = '{"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"}'


class StartRefused(AICMSError):
    """A file is not written in a way that can be changed safely; the message says what to add by hand."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """The source of a file after the change, and what was added to it, a line each."""

    source: str
    added: tuple[str, ...] = ()


def prepare_settings(source: str, apps: Sequence[str]) -> Preparation:
    """Return the settings module ``source`` with what ``apps`` (keys of APPS) need. Raises StartRefused."""
    wanted = [f"ai_cms.{app}" for app in APPS if app in apps]
    beside = [name for app in APPS if app in apps for name in APPS[app]]
    tree = _parsed(source)
    listed = _assigned(tree, "INSTALLED_APPS")
    if not isinstance(listed, ast.List | ast.Tuple):
        raise StartRefused(
            "INSTALLED_APPS is not a list in this file. Add to it by hand: " + ", ".join([*wanted, *beside]) + "."
        )
    present = {node.value for node in listed.elts if isinstance(node, ast.Constant)}
    missing = [name for name in [*wanted, *beside] if name not in present]
    edits: list[tuple[int, str]] = []
    added = list(missing)
    if missing:
        edits.append(_insertion(source, listed, [f'"{name}"' for name in missing]))
    database = _default_database(tree)
    if database is not None and "OPTIONS" not in _keys(database) and _is_sqlite(database):
        edits.append(_insertion(source, database, [f'"OPTIONS": {_SQLITE}']))
        added.append('DATABASES["default"]["OPTIONS"]')
    return Preparation(_edited(source, edits), tuple(added))


def prepare_urls(source: str, apps: Sequence[str]) -> Preparation:
    """Return the URLconf ``source`` with the addresses of ``apps``, the pages last. Raises StartRefused."""
    routes = [("api/", "ai_cms.core.api.urls"), ("", "ai_cms.core.urls")]
    if "pages" in apps:
        # They answer for every path that is left.
        routes.append(("", "ai_cms.pages.urls"))
    tree = _parsed(source)
    listed = _assigned(tree, "urlpatterns")
    if not isinstance(listed, ast.List):
        lines = "; ".join(_route(*route) for route in routes)
        raise StartRefused(f"urlpatterns is not a list in this file. Add to it by hand, in this order: {lines}.")
    mounted = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    missing = [(prefix, module) for prefix, module in routes if module not in mounted]
    if not missing:
        return Preparation(source)
    edits = [_insertion(source, listed, [_route(*route) for route in missing])]
    needed = [name for name in ("include", "path") if name not in _imported(tree, "django.urls")]
    if needed:
        edits.append(_import(source, tree, needed))
    return Preparation(_edited(source, edits), tuple(module for _, module in missing))


def _route(prefix: str, module: str) -> str:
    return f'path("{prefix}", include("{module}"))'


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise StartRefused(f"The file is not valid Python (line {error.lineno}): {error.msg}.") from error


def _assigned(tree: ast.Module, name: str) -> ast.expr | None:
    """Return the last value that the module assigns to ``name`` at its top level."""
    found: ast.expr | None = None
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        else:
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            found = node.value
    return found


def _default_database(tree: ast.Module) -> ast.Dict | None:
    databases = _assigned(tree, "DATABASES")
    if not isinstance(databases, ast.Dict):
        return None
    value = _value(databases, "default")
    return value if isinstance(value, ast.Dict) else None


def _keys(node: ast.Dict) -> set[object]:
    return {key.value for key in node.keys if isinstance(key, ast.Constant)}


def _value(node: ast.Dict, name: str) -> ast.expr | None:
    pairs = zip(node.keys, node.values, strict=True)
    return next((value for key, value in pairs if isinstance(key, ast.Constant) and key.value == name), None)


def _is_sqlite(database: ast.Dict) -> bool:
    engine = _value(database, "ENGINE")
    return isinstance(engine, ast.Constant) and engine.value == "django.db.backends.sqlite3"


def _imported(tree: ast.Module, module: str) -> set[str]:
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == module]
    return {alias.name for node in imports for alias in node.names if alias.asname in (None, alias.name)}


def _import(source: str, tree: ast.Module, names: Iterable[str]) -> tuple[int, str]:
    """Return the edit that imports ``names`` from django.urls: beside those of the module's own import, else below it."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "django.urls":
            last = node.names[-1]
            return _offset(source, last.end_lineno, last.end_col_offset), "".join(f", {name}" for name in names)
    above = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    docstring = ast.get_docstring(tree, clean=False) is not None
    after = above[-1] if above else (tree.body[0] if docstring else None)
    line = f"from django.urls import {', '.join(names)}"
    if after is None:
        return 0, line + "\n\n"
    return _offset(source, after.end_lineno, after.end_col_offset), "\n" + line


def _insertion(source: str, node: ast.List | ast.Tuple | ast.Dict, items: Sequence[str]) -> tuple[int, str]:
    """Return the edit that puts ``items`` at the end of a list, tuple or dict, in the manner it is written in."""
    parts = node.values if isinstance(node, ast.Dict) else node.elts
    if not parts:
        return _offset(source, node.end_lineno, node.end_col_offset) - 1, ", ".join(items)
    last = parts[-1]
    end = _offset(source, last.end_lineno, last.end_col_offset)
    if node.lineno == node.end_lineno:
        return end, "".join(f", {item}" for item in items)
    first: ast.expr | None = node.keys[0] if isinstance(node, ast.Dict) else parts[0]
    indent = " " * (first.col_offset if first is not None else node.col_offset + 4)
    trailing = _comma_behind(source, end)
    lines = "".join(f"\n{indent}{item}," for item in items)
    if trailing is None:
        # Without the comma of the last line, which stays as it was.
        return end, "," + lines.removesuffix(",")
    return trailing, lines


def _comma_behind(source: str, offset: int) -> int | None:
    """Return the place behind the rest of the line of the comma that follows ``offset``, or None without a comma."""
    rest = source[offset:]
    if not rest.lstrip(" ").startswith(","):
        return None
    end = rest.find("\n")
    # A comment behind the comma belongs to its line.
    return offset + (len(rest) if end < 0 else end)


def _offset(source: str, line: int | None, column: int | None) -> int:
    """Return the index in ``source`` of a position of the parser, whose columns count bytes."""
    lines = source.split("\n")
    number = (line or 1) - 1
    return sum(len(above) + 1 for above in lines[:number]) + len(lines[number].encode()[: column or 0].decode())


def _edited(source: str, edits: Iterable[tuple[int, str]]) -> str:
    single = source.count("'") > source.count('"')
    for offset, text in sorted(edits, reverse=True):
        source = source[:offset] + (text.replace('"', "'") if single else text) + source[offset:]
    _parsed(source)
    return source
