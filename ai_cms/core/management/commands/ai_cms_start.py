from __future__ import annotations

import ast
import difflib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_cms.core.starting import (
    APPS,
    ON_REQUEST,
    Preparation,
    StartRefused,
    prepare_entry,
    prepare_settings,
    prepare_urls,
    with_needed,
)

DEFAULT = [app for app in APPS if app not in ON_REQUEST]
_QUESTION = """Beside {default} there are:
  assets     pictures and files                 portfolio  portfolios that people make
  posts      a blog (with assets)               accounts   people who register and log in by e-mail
  studio     where editors write                chat       agents, conversations and rooms
  mcp        the gate for agents of others      evidence   what agents did, taken back; who answers for it
  machines   Markdown, llms.txt, robots.txt
Which of these as well? Names with commas between them, or nothing: """
_USER = """
The user model is decided by the first migration: with a database that has other users, take ai_cms.accounts out again.
"""
_NEXT = """
Next:
{install}  python manage.py migrate
  python manage.py createsuperuser
  python manage.py create_site localhost --name "My site"
  python manage.py runserver
"""


class Command(BaseCommand):
    help = (
        "Prepare this project: add to its settings and URLs what the apps of ai_cms need, and show the difference. "
        "What is there already is left alone, so running it twice changes nothing."
    )
    # The settings may be incomplete; completing them is what this is for.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="show the difference and change nothing")
        parser.add_argument(
            "--apps",
            metavar="NAMES",
            help=(
                f"the apps, with commas between them (default: {','.join(DEFAULT)}); what they need comes along. "
                f"All there are: {','.join(APPS)}"
            ),
        )
        parser.add_argument(
            "--with",
            dest="more",
            metavar="NAMES",
            help=f"beside those of the default: {','.join(ON_REQUEST)}; without it, a terminal is asked",
        )
        parser.add_argument("--no-input", action="store_false", dest="interactive", help="ask nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        apps = self._chosen(options)
        changes = [
            _change(_settings_file(), lambda source: prepare_settings(source, apps)),
            _change(_module_file(settings.ROOT_URLCONF), lambda source: prepare_urls(source, apps)),
            *(
                _change(path, lambda source, protocol=path.stem: prepare_entry(source, protocol))  # type: ignore[misc]
                for path in _entry_files()
            ),
        ]
        changes = [change for change in changes if change[1] != change[2]]
        if not changes:
            self.stdout.write("Nothing to do: the project has all of it.")
            return
        for path, before, after in changes:
            name = os.path.relpath(path)
            lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name)
            self.stdout.write("".join(line if line.endswith("\n") else line + "\n" for line in lines))
        if options["dry_run"]:
            self.stdout.write("Nothing was changed; without --dry-run it is.")
            return
        _write({path: after for path, _, after in changes})
        if "accounts" in apps:
            self.stdout.write(_USER)
        # Without `svg` the assets refuse drawings, and a check says so.
        extras = ",".join(extra for app, extra in (("accounts", "accounts"), ("assets", "assets,svg")) if app in apps)
        install = f'  pip install "django-ai-cms[{extras}]"\n' if extras else ""
        self.stdout.write(_NEXT.replace("{install}", install))

    def _chosen(self, options: dict[str, Any]) -> list[str]:
        """Return the apps that the options name, or that whoever sits at the terminal does."""
        chosen = DEFAULT if options["apps"] is None else _apps(options["apps"])
        if options["more"] is not None:
            return with_needed([*chosen, *_apps(options["more"])])
        if options["apps"] is None and options["interactive"] and sys.stdin.isatty():
            return with_needed([*chosen, *_apps(input(_QUESTION.replace("{default}", ", ".join(DEFAULT))))])
        return with_needed(chosen)


def _apps(text: str) -> list[str]:
    """Return the names of apps in ``text``. Raises CommandError."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in APPS]
    if unknown:
        raise CommandError(f"--apps, --with: there is no app {unknown[0]!r}. Choose among: {', '.join(APPS)}.")
    return names


def _change(path: Path, prepare: Callable[[str], Preparation]) -> tuple[Path, str, str]:
    """Return the path, and its text before and after. Raises CommandError."""
    before = path.read_bytes().decode()
    windows = "\r\n" in before
    try:
        after = prepare(before.replace("\r\n", "\n")).source
    except StartRefused as error:
        raise CommandError(f"{path}: {error}") from error
    return path, before, after.replace("\n", "\r\n") if windows else after


def _entry_files() -> list[Path]:
    """Return the files of the project's entry points, ``wsgi.py`` and ``asgi.py``, as far as there are any."""
    module = str(getattr(settings, "WSGI_APPLICATION", None) or f"{settings.ROOT_URLCONF}.application").rpartition(".")[
        0
    ]
    package, _dot, name = module.rpartition(".")
    if name != "wsgi":
        package = settings.ROOT_URLCONF.rpartition(".")[0]
    found = []
    for protocol in ("wsgi", "asgi"):
        try:
            path = _module_file(f"{package}.{protocol}" if package else protocol)
        except (CommandError, ImportError):
            continue
        if path.is_file():
            found.append(path)
    return found


def _settings_file() -> Path:
    """Return the file that assigns INSTALLED_APPS: the settings module, or one of its package that it takes over with *."""
    first = _module_file(os.environ["DJANGO_SETTINGS_MODULE"])
    seen: list[Path] = []
    waiting = [first]
    while waiting:
        path = waiting.pop(0)
        if path in seen or not path.is_file():
            continue
        seen.append(path)
        tree = ast.parse(path.read_bytes())
        assigned = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        if "INSTALLED_APPS" in assigned:
            return path
        stars = [
            node
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == "*" for alias in node.names)
        ]
        # Beside the file, or by its whole name from there: settings/production.py takes over settings/base.py.
        waiting += [path.parent / f"{(node.module or '').rsplit('.', 1)[-1]}.py" for node in stars]
    raise CommandError(f"{first} assigns no INSTALLED_APPS, and no file that it takes over with * does.")


def _module_file(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise CommandError(f"The module {name!r} has no file that could be changed.")
    return Path(spec.origin)


def _write(texts: dict[Path, str]) -> None:
    """Write all files or none: each is complete beside its place before the first takes it."""
    ready: list[tuple[str, Path]] = []
    try:
        for path, text in texts.items():
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            ready.append((name, path))
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
            os.chmod(name, path.stat().st_mode & 0o777)
        for name, path in ready:
            os.replace(name, path)
    finally:
        for name, _ in ready:
            Path(name).unlink(missing_ok=True)
