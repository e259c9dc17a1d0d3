"""The base of the import commands: options, where the content goes, progress, the summary. Hosts derive theirs from it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any, TextIO

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model
from ai_cms.pages.addresses import normalise_path
from ai_cms.pages.models import AbstractPage, Site

from .base import Importer, ImportOptions
from .exceptions import ImportRefused
from .registry import importers
from .report import ImportReport, counted
from .runner import run_import

__all__ = ["ImportCommand", "ProgressBar", "find_parent", "find_site"]

SHOWN_WARNINGS = 20
SHOWN_FILES = 20


class ProgressBar:
    """Draw one line on a terminal; nothing anywhere else."""

    WIDTH = 30

    def __init__(self, stream: TextIO | OutputWrapper, *, shown: bool | None = None) -> None:
        self.stream = stream
        self.shown = bool(getattr(stream, "isatty", lambda: False)()) if shown is None else shown
        self._last = 0.0
        self._open = False

    def __call__(self, done: int, total: int, phase: str) -> None:
        now = time.monotonic()
        if not self.shown or not total or (done < total and now - self._last < 0.1):
            return
        self._last, self._open = now, True
        filled = self.WIDTH * done // total
        bar = "█" * filled + "·" * (self.WIDTH - filled)
        self.stream.write(f"\r{phase:>6} {bar} {done}/{total}")
        self.stream.flush()

    def close(self) -> None:
        """Leave the line."""
        if self._open:
            self.stream.write("\n")
            self._open = False


def find_site(host: str | None) -> Site:
    """Return the site of a host name, or the default one. Raises CommandError."""
    sites = Site.objects.select_related("root")
    if host:
        found = sites.filter(hostname__iexact=host).first()
        if found is None:
            raise CommandError(f"There is no site {host!r}. Make it first: manage.py create_site {host}")
    else:
        found = sites.filter(is_default=True).first() or sites.order_by("pk").first()
        if found is None:
            raise CommandError("There is no site yet. Make one first: manage.py create_site HOSTNAME")
    if found.root_id is None:
        raise CommandError(
            f"The site {found.hostname!r} has no home page. Make it anew: manage.py create_site {found.hostname}"
        )
    return found


def find_parent(parent: str | None, host: str | None) -> AbstractPage:
    """Return the page that ``--parent`` (an id or a path) and ``--site`` name. Raises CommandError."""
    pages = get_page_model().objects
    if parent and parent.isascii() and parent.isdigit():
        page: AbstractPage | None = pages.filter(pk=int(parent)).first() if len(parent) < 19 else None
        if page is None:
            raise CommandError(f"There is no page with the id {parent}.")
        if host and page.site_id != find_site(host).pk:
            raise CommandError(f"The page {parent} is not on the site {host}.")
        return page
    site = find_site(host)
    path = normalise_path(parent or "/")
    found: AbstractPage | None = pages.filter(site_id=site.pk, path=path).first()
    if found is None:
        raise CommandError(f"There is no page at {path} on the site {site.hostname}.")
    return found


class ImportCommand(BaseCommand):
    """Run one importer.

    A subclass sets ``importer_name``, adds its arguments in :meth:`add_source_arguments`, and may say in
    :meth:`importer_options` which options the importer gets.
    """

    importer_name = ""
    requires_migrations_checks = True

    def add_source_arguments(self, parser: CommandParser) -> None:
        """Add what names the source; by default one argument ``source``."""
        parser.add_argument("source", help="The file or folder to read.")

    def importer_options(self, options: JsonObject) -> JsonObject:
        """Return the options of the importer out of those of the command."""
        return {}

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_source_arguments(parser)
        parser.add_argument("--parent", help="Id or path of the page to import below; default: the home page.")
        parser.add_argument("--site", help="Host name of the site; default: the default site.")
        parser.add_argument("--user", help="Act with the rights of this user (name or id); default: may do everything.")
        parser.add_argument("--dry-run", action="store_true", help="Report what would happen, and change nothing.")
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print the summary as JSON.")
        state = parser.add_mutually_exclusive_group()
        state.add_argument(
            "--publish",
            action="store_false",
            dest="drafts",
            default=False,
            help="Publish what the source has published (the default).",
        )
        state.add_argument("--drafts", action="store_true", dest="drafts", help="Import everything as drafts.")
        parser.add_argument(
            "--overwrite", action="store_true", help="Also change pages that people have edited since the last import."
        )
        parser.add_argument(
            "--redirects",
            action=argparse.BooleanOptionalAction,
            default=None,
            help="Lead visitors from the old addresses to the pages; default: when importing below the home page.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        parent = find_parent(options["parent"], options["site"])
        actor = self.actor(options["user"])
        bar = ProgressBar(sys.stderr, shown=None if options["verbosity"] else False)
        importer: Importer | None = None
        try:
            importer = importers[self.importer_name](options["source"], **self.importer_options(options))
            report = run_import(
                importer,
                parent=parent,
                actor=actor,
                options=ImportOptions(
                    dry_run=options["dry_run"],
                    drafts=options["drafts"],
                    overwrite=options["overwrite"],
                    redirects=options["redirects"],
                ),
                progress=bar,
            )
        except RequestRefused as error:
            bar.close()
            if options["as_json"]:
                self.stdout.write(json.dumps({"error": _error_json(error)}, ensure_ascii=False, default=str))
            raise CommandError(f"{error} {self.left_over(importer)}") from error
        bar.close()
        if options["as_json"]:
            self.stdout.write(json.dumps(report.to_json(), ensure_ascii=False))
        else:
            self.print_report(report)

    def left_over(self, importer: Importer | None) -> str:
        """Return what an import that was refused leaves behind, as a sentence."""
        return importer.left_behind() if importer is not None else "Nothing was imported."

    def actor(self, name: str | None) -> Actor:
        """Return who acts. Raises CommandError for an unknown or inactive user."""
        label = f"import_{self.importer_name}"
        if name is None:
            return Actor.system(label)
        model: Any = get_user_model()
        users = model._default_manager
        found = users.filter(**{model.USERNAME_FIELD: name}).first()
        if found is None and name.isascii() and name.isdigit() and len(name) < 19:
            found = users.filter(pk=name).first()
        if found is None or not found.is_active:
            raise CommandError(f"There is no active user {name!r}.")
        return Actor(user=found, via="command", label=label)

    def print_report(self, report: ImportReport) -> None:
        """Print the summary for people."""
        found = report.to_json(items=False)
        if report.dry_run:
            self.stdout.write(self.style.WARNING("A dry run: nothing was changed. It would be:"))
        self.stdout.write(
            f"{found['created']} created, {found['changed']} changed, {found['unchanged']} unchanged, {found['skipped']} skipped "
            f"below {report.parent}"
        )
        self.stdout.write(
            f"{found['pages']} pages and {found['posts']} posts: {found['published']} published, {found['drafts']} drafts; "
            f"{found['containers']} more pages hold them; "
            f"{found['redirects']} redirects made"
        )
        if report.media is not None:
            count = report.media
            self.stdout.write(
                f"{count.taken} files taken in as assets, {count.replaced} replaced, {count.known} known; "
                f"{len(count.missing)} missing, {len(count.refused)} refused"
            )
            for name in count.missing[:SHOWN_FILES]:
                self.stdout.write(f"  missing: {name}")
            if len(count.missing) > SHOWN_FILES:
                self.stdout.write(f"  … and {len(count.missing) - SHOWN_FILES} more; --json prints all of them.")
        if report.warnings:
            self.stdout.write(self.style.WARNING(f"{counted(len(report.warnings), 'warning')}:"))
        # What is about the whole import comes first, so that no long list of items hides it.
        warnings = sorted(report.warnings, key=lambda warning: bool(warning["line"] or warning["item"]))
        for warning in warnings[:SHOWN_WARNINGS]:
            place = f"line {warning['line']}: " if warning["line"] else ""
            item = f"{warning['item']}: " if warning["item"] else ""
            self.stdout.write(f"  {place}{item}{warning['message']}")
        if len(report.warnings) > SHOWN_WARNINGS:
            self.stdout.write(f"  … and {len(report.warnings) - SHOWN_WARNINGS} more; --json prints all of them.")


def _error_json(error: RequestRefused) -> JsonObject:
    if isinstance(error, ImportRefused):
        return {
            "code": error.code,
            "reason": error.reason,
            "source": error.source,
            "line": error.line,
            "problems": [
                {"reason": other.reason, "source": other.source, "line": other.line} for other in error.others
            ],
        }
    return {"code": error.code, "reason": str(error), "source": "", "line": None}
