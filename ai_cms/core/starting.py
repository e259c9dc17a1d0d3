"""Prepare a host project: what its settings and URLs lack, as edits of their source.

The files are changed where a person would change them, by the positions that Python's own parser gives, so that comments
and formatting stay. What cannot be changed that way is refused with the lines to write by hand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .exceptions import AICMSError

__all__ = [
    "APPS",
    "ON_REQUEST",
    "Preparation",
    "StartRefused",
    "prepare_entry",
    "prepare_settings",
    "prepare_urls",
    "with_needed",
]

#: The apps a project can be given, in the order of INSTALLED_APPS, and what each needs beside it.
APPS: dict[str, tuple[str, ...]] = {
    "core": ("rest_framework", "django_filters"),
    "blocks": (),
    "assets": ("polymorphic",),
    "llm": (),
    "pages": ("mptt", "polymorphic"),
    "portfolio": (),
    "transfer": (),
    "assist": (),
    "posts": (),
    "chat": (),
    "machines": (),
    "evidence": (),
    "studio": (),
    "mcp": (),
    "accounts": (),
}
#: What is only given to a project that asks for it: it needs further packages, or decides something for good.
ON_REQUEST = ("assets", "posts", "portfolio", "chat", "machines", "evidence", "studio", "mcp", "accounts")
#: What each app needs of the others.
_NEEDS: dict[str, tuple[str, ...]] = {
    "posts": ("pages", "assets"),
    "portfolio": ("pages",),
    "transfer": ("pages",),
    "assist": ("pages", "llm"),
    "chat": ("llm",),
    "machines": ("pages",),
    "evidence": ("pages", "assets", "llm"),
    "studio": ("pages",),
    "mcp": ("pages",),
    "pages": ("blocks",),
    "assets": ("blocks",),
}
#: The routes of each app in their order, the pages last: they answer for every path that is left. A name in place of a module
#: is a view.
_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("core", "api/", "ai_cms.core.api.urls"),
    ("core", "", "ai_cms.core.urls"),
    ("accounts", "accounts/", "ai_cms.accounts.web.urls"),
    ("assets", "", "ai_cms.assets.urls"),
    ("assets", "media/<path:name>", "media_view"),
    ("portfolio", "portfolio/", "ai_cms.portfolio.web.routes"),
    ("portfolio", "p/", "ai_cms.portfolio.urls"),
    ("chat", "chat/", "ai_cms.chat.urls"),
    ("studio", "studio/", "ai_cms.studio.urls"),
    ("mcp", "mcp/", "ai_cms.mcp.urls"),
    ("machines", "", "ai_cms.machines.urls"),
    ("posts", "write/", "ai_cms.posts.web.routes"),
    ("posts", "", "ai_cms.posts.urls"),
    ("pages", "", "ai_cms.pages.urls"),
)
_VIEWS = {"media_view": "ai_cms.assets.views"}

_PRIVATE = """{
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / "private_media"},
    }"""
_STORAGES = f"""{{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    # Originals and private files: nothing but the views of ai_cms.assets may serve this folder.
    "private_assets": {_PRIVATE},
}}"""
#: What the settings of an app are where the project has none of that name.
_ASSIGNED: dict[str, tuple[tuple[str, str], ...]] = {
    "assets": (("MEDIA_URL", '"media/"'), ("MEDIA_ROOT", 'BASE_DIR / "media"'), ("STORAGES", _STORAGES)),
    "accounts": (
        ("AUTH_USER_MODEL", '"ai_cms_accounts.User"'),
        ("AUTHENTICATION_BACKENDS", '["ai_cms.accounts.backends.EmailBackend"]'),
        ("LOGIN_URL", '"ai_cms_accounts:login"'),
    ),
}
_MIDDLEWARE = "ai_cms.accounts.middleware.LoginSessionMiddleware"
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_PRIVATE_ANSWERS = "ai_cms.core.middleware.PrivateResponseMiddleware"
_SQLITE = '{"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"}'


class StartRefused(AICMSError):
    """A file is not written in a way that can be changed safely; the message says what to add by hand."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """The source of a file after the change, and what was added to it, a line each."""

    source: str
    added: tuple[str, ...] = ()


def with_needed(names: Iterable[str]) -> list[str]:
    """Return the apps ``names`` with those they need, in the order of INSTALLED_APPS."""
    wanted = {"core", *names}
    waiting = list(wanted)
    while waiting:
        more = set(_NEEDS.get(waiting.pop(), ())) - wanted
        wanted |= more
        waiting += more
    return [name for name in APPS if name in wanted]


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
    missing = [name for name in dict.fromkeys([*wanted, *beside]) if name not in present]
    edits: list[tuple[int, str]] = []
    added = list(missing)
    if missing:
        edits.append(_insertion(source, listed, [f'"{name}"' for name in missing]))
    database = _default_database(tree)
    if database is not None and "OPTIONS" not in _keys(database) and _is_sqlite(database):
        edits.append(_insertion(source, database, [f'"OPTIONS": {_SQLITE}']))
        added.append('DATABASES["default"]["OPTIONS"]')
    private = _private_answers(source, tree)
    if private is not None:
        edits.append(private)
        added.append(_PRIVATE_ANSWERS)
    for app in apps:
        made, names = _settings_of(app, source, tree)
        edits += made
        added += names
    return Preparation(_edited(source, edits), tuple(added))


def _private_answers(source: str, tree: ast.Module) -> tuple[int, str] | None:
    """Return the edit that puts the middleware for private answers below that of sessions.

    A list that is not written out stays as it is: the site works without, and a check for deployment asks for it.
    """
    listed = _assigned(tree, "MIDDLEWARE")
    if not isinstance(listed, ast.List | ast.Tuple):
        return None
    names = [node.value if isinstance(node, ast.Constant) else None for node in listed.elts]
    if _SESSIONS not in names or _PRIVATE_ANSWERS in names:
        return None
    return _insertion(source, listed, [f'"{_PRIVATE_ANSWERS}"'], behind=names.index(_SESSIONS))


def _settings_of(app: str, source: str, tree: ast.Module) -> tuple[list[tuple[int, str]], list[str]]:
    """Return the edits for the settings that an app needs, and their names. What the project says stays. Raises StartRefused."""
    lines: list[str] = []
    edits: list[tuple[int, str]] = []
    added: list[str] = []
    for name, value in _ASSIGNED.get(app, ()):
        present = _assigned(tree, name)
        if present is None:
            lines.append(f"{name} = {value}\n")
            added.append(name)
        elif name == "STORAGES" and not (isinstance(present, ast.Dict) and "private_assets" in _keys(present)):
            if not isinstance(present, ast.Dict):
                raise StartRefused(
                    f'STORAGES is no dict in this file. Add to it by hand: "private_assets": {_PRIVATE}.'
                )
            edits.append(_insertion(source, present, [f'"private_assets": {_PRIVATE}']))
            added.append('STORAGES["private_assets"]')
    if "BASE_DIR" in "".join([*lines, *(text for _, text in edits)]) and _assigned(tree, "BASE_DIR") is None:
        raise StartRefused(f"There is no BASE_DIR in this file. Add by hand: MEDIA_ROOT, and STORAGES = {_STORAGES}.")
    if app == "accounts":
        listed = _assigned(tree, "MIDDLEWARE")
        if not isinstance(listed, ast.List | ast.Tuple):
            raise StartRefused(f"MIDDLEWARE is not a list in this file. Add to its end by hand: {_MIDDLEWARE!r}.")
        if _MIDDLEWARE not in {node.value for node in listed.elts if isinstance(node, ast.Constant)}:
            edits.append(_insertion(source, listed, [f'"{_MIDDLEWARE}"']))
            added.append(_MIDDLEWARE)
    if lines:
        start = "" if source.endswith("\n") else "\n"
        edits.append((len(source), f"{start}\n" + "".join(lines)))
    return edits, added


def prepare_urls(source: str, apps: Sequence[str]) -> Preparation:
    """Return the URLconf ``source`` with the addresses of ``apps``, the pages last. Raises StartRefused."""
    routes = [(prefix, module) for app, prefix, module in _ROUTES if app in apps or app == "core"]
    tree = _parsed(source)
    listed = _assigned(tree, "urlpatterns")
    if not isinstance(listed, ast.List):
        lines = "; ".join(_route(*route) for route in routes)
        raise StartRefused(f"urlpatterns is not a list in this file. Add to it by hand, in this order: {lines}.")
    mounted: set[object] = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    mounted |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    missing = [(prefix, module) for prefix, module in routes if module not in mounted]
    if not missing:
        return Preparation(source)
    edits = _route_edits(source, listed, missing)
    needed = [name for name in ("include", "path") if name not in _imported(tree, "django.urls")]
    if needed:
        edits.append(_import(source, tree, "django.urls", needed))
    for name in (module for _, module in missing if module in _VIEWS):
        edits.append(_import(source, tree, _VIEWS[name], [name]))
    return Preparation(_edited(source, edits), tuple(module for _, module in missing))


def prepare_entry(source: str, protocol: str) -> Preparation:
    """Return the entry point ``source``, a module ``wsgi.py`` or ``asgi.py``, with its application behind the fast lane.

    ``protocol``: "wsgi" or "asgi". One that is not written as Django does stays as it is: the site works without.
    Raises StartRefused for what is no Python.
    """
    tree = _parsed(source)
    made = _assigned(tree, "application")
    plain = (
        isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == f"get_{protocol}_application"
    )
    if made is None or not plain:
        return Preparation(source)
    wrapper, module = f"{protocol}_application", f"ai_cms.core.lane.{protocol}"
    edits = [
        (_offset(source, made.lineno, made.col_offset), f"{wrapper}("),
        (_offset(source, made.end_lineno, made.end_col_offset), ")"),
        _import(source, tree, module, [wrapper]),
    ]
    return Preparation(_edited(source, edits), (module,))


def _route_edits(source: str, listed: ast.List, missing: Sequence[tuple[str, str]]) -> list[tuple[int, str]]:
    """Return the edits that mount routes: before the pages where those are mounted, else at the end."""
    lines = [_route(*route) for route in missing]
    for node in listed.elts:
        if any(isinstance(part, ast.Constant) and part.value == _ROUTES[-1][2] for part in ast.walk(node)):
            behind = ",\n" + " " * node.col_offset if listed.lineno != listed.end_lineno else ", "
            start = _offset(source, node.lineno, node.col_offset)
            return [(start, "".join(line + behind for line in lines))]
    return [_insertion(source, listed, lines)]


def _route(prefix: str, module: str) -> str:
    return f'path("{prefix}", {module})' if module in _VIEWS else f'path("{prefix}", include("{module}"))'


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


def _import(source: str, tree: ast.Module, module: str, names: Iterable[str]) -> tuple[int, str]:
    """Return the edit that imports ``names``: beside those of the file's own import from ``module``, else below its imports."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module:
            last = node.names[-1]
            return _offset(source, last.end_lineno, last.end_col_offset), "".join(f", {name}" for name in names)
    above = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    docstring = ast.get_docstring(tree, clean=False) is not None
    after = above[-1] if above else (tree.body[0] if docstring else None)
    line = f"from {module} import {', '.join(names)}"
    if after is None:
        return 0, line + "\n\n"
    return _offset(source, after.end_lineno, after.end_col_offset), "\n" + line


def _insertion(
    source: str, node: ast.List | ast.Tuple | ast.Dict, items: Sequence[str], *, behind: int = -1
) -> tuple[int, str]:
    """Return the edit that puts ``items`` behind a part of a list, tuple or dict, in the manner it is written in.

    ``behind``: the number of that part, the last unless given.
    """
    parts = node.values if isinstance(node, ast.Dict) else node.elts
    if not parts:
        return _offset(source, node.end_lineno, node.end_col_offset) - 1, ", ".join(items)
    last = parts[behind]
    end = _offset(source, last.end_lineno, last.end_col_offset)
    # Parts that share a line get theirs beside them.
    follows = last is not parts[-1] and parts[behind + 1].lineno == last.end_lineno
    if node.lineno == node.end_lineno or follows:
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
    # At one place they stand in the order they are given in.
    for offset, _number, text in sorted(((at, number, text) for number, (at, text) in enumerate(edits)), reverse=True):
        source = source[:offset] + (text.replace('"', "'") if single else text) + source[offset:]
    _parsed(source)
    return source
