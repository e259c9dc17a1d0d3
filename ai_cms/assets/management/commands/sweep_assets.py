"""``manage.py sweep_assets``: delete files that belong to no asset."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ai_cms.assets.sweeping import sweep


class Command(BaseCommand):
    help = "Delete what failed uploads, deletions and replacements left in the storages. Safe to run at any time, twice too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--list", action="store_true", help="List the storages as well, for files that no row knows of."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be deleted.")
        parser.add_argument("--json", action="store_true", help="Print the numbers as JSON.")

    def handle(self, *args: object, **options: Any) -> None:
        report = sweep(listing=options["list"], dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json()))
            return
        if options["dry_run"] or options["verbosity"] > 1:
            for name in report.deleted:
                self.stdout.write(name)
        said = "would be deleted" if options["dry_run"] else "deleted"
        self.stdout.write(f"{len(report.deleted)} files {said}, {len(report.kept)} could not be.")
