"""Write a site to a folder."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_cms.core.exceptions import RequestRefused

from ...command import ProgressBar, find_site
from ...sites.exporting import export_site


class Command(BaseCommand):
    """Write a site as JSON files: pages with drafts and histories, publications, redirects, templates, rights of groups."""

    help = "Write a site to a folder as JSON files; an earlier export there is brought up to date."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", help="New, empty, or an earlier export.")
        parser.add_argument("--site", help="Host name of the site; default: the default site.")
        parser.add_argument(
            "--no-revisions",
            action="store_false",
            dest="revisions",
            default=True,
            help="Leave out the history but what pages still refer to.",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print the summary as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        site = find_site(options["site"])
        bar = ProgressBar(sys.stderr, shown=None if options["verbosity"] else False)
        try:
            counts = export_site(site, options["folder"], revisions=options["revisions"], progress=bar)
        except RequestRefused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The export could not be written: {error}") from error
        finally:
            bar.close()
        if options["as_json"]:
            self.stdout.write(json.dumps({"site": site.hostname, **counts}))
        else:
            self.stdout.write(
                f"Exported {site.hostname}: {counts['pages']} pages, {counts['templates']} templates, {counts['redirects']} "
                f"redirects; {counts['written']} of {counts['files']} files changed, {counts['removed']} removed."
            )
