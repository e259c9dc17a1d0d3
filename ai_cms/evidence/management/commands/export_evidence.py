"""``manage.py export_evidence``: the signed record of pages, or the report of what models wrote."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from ai_cms.core.exceptions import AICMSError
from ai_cms.core.permissions import Actor
from ai_cms.evidence.authorship import ReportFilter, authorship_summary
from ai_cms.evidence.dossiers import page_dossier
from ai_cms.evidence.reading import csv_lines
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Site


class Command(BaseCommand):
    """JSON for pages, CSV or figures for a site."""

    help = "Write the signed evidence of pages as JSON lines, or the report of what models wrote as CSV or figures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pages", nargs="*", type=int, metavar="PAGE", help="Ids of pages; none for the report.")
        parser.add_argument("--draft", action="store_true", help="Of the drafts, not of what is published.")
        parser.add_argument(
            "--summary", action="store_true", help="Write the figures of the report as JSON, not its rows."
        )
        parser.add_argument("--site", default="", help="Host name of a site.")
        parser.add_argument("--below", type=int, help="Id of a page: only it and what is below it.")
        parser.add_argument("--model", default="", help="Only what this model wrote.")
        parser.add_argument("--person", default="", help="Only what the person of this id answers for.")
        parser.add_argument("--since", default="", help="Only what was written from this day on, such as 2026-11-30.")
        parser.add_argument("--unreviewed", action="store_true", help="Only what nobody answers for.")

    def handle(self, *args: object, **options: Any) -> None:
        actor = Actor.system("export_evidence")
        try:
            if options["pages"]:
                self._pages(options["pages"], options["draft"], actor)
                return
            chosen = _chosen(options)
            if options["summary"]:
                self.stdout.write(json.dumps(authorship_summary(chosen, actor=actor), indent=2))
                return
            for line in csv_lines(chosen, actor=actor):
                self.stdout.write(line, ending="")
        except AICMSError as error:
            raise CommandError(str(error)) from error

    def _pages(self, keys: list[int], draft: bool, actor: Actor) -> None:
        found = get_page_model().objects.in_bulk(keys)
        if missing := [key for key in keys if key not in found]:
            raise CommandError(f"There is no page {missing[0]}.")
        for key in keys:
            self.stdout.write(json.dumps(page_dossier(found[key], actor=actor, draft=draft)))


def _chosen(options: dict[str, Any]) -> ReportFilter:
    site = None
    if options["site"]:
        site = Site.objects.filter(hostname=options["site"]).values_list("pk", flat=True).first()
        if site is None:
            raise CommandError(f"There is no site {options['site']!r}.")
    since = None
    if options["since"]:
        try:
            day = parse_date(options["since"])
        except ValueError:
            day = None
        if day is None:
            raise CommandError(f"--since: {options['since']!r} is no day; write it as 2026-11-30.")
        since = timezone.make_aware(datetime(day.year, day.month, day.day))
    return ReportFilter(
        site=site,
        below=options["below"],
        model=options["model"],
        person=options["person"],
        since=since,
        unreviewed=options["unreviewed"],
    )
