"""Read a site from a folder."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_cms.core.exceptions import RequestRefused

from ...base import Notices
from ...command import ProgressBar
from ...sites.importing import import_site


class Command(BaseCommand):
    """Make a site of a folder that export_site wrote, all or nothing."""

    help = "Make a site of a folder that export_site wrote. A site of the same host name is never touched without --replace."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", help="A folder that export_site wrote.")
        parser.add_argument("--hostname", default="", help="Host name of the new site; default: the exported one.")
        parser.add_argument(
            "--replace", action="store_true", help="Delete the site of this host name, with all of its pages, first."
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print the summary as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        notices = Notices()
        bar = ProgressBar(sys.stderr, shown=None if options["verbosity"] else False)
        try:
            site, counts = import_site(
                options["folder"],
                hostname=options["hostname"],
                replace=options["replace"],
                notices=notices,
                progress=bar,
            )
        except RequestRefused as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        finally:
            bar.close()
        if options["as_json"]:
            self.stdout.write(json.dumps({"site": site.hostname, **counts, "warnings": notices.to_json()}))
            return
        self.stdout.write(
            f"Imported {site.hostname}: {counts['pages']} pages, {counts['publications']} of them published, "
            f"{counts['revisions']} revisions, {counts['templates']} templates, {counts['redirects']} redirects."
        )
        for notice in notices.to_json():
            self.stdout.write(self.style.WARNING(f"  {notice['item']}: {notice['message']}"))
