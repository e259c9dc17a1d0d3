from __future__ import annotations

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from ai_cms.pages.services import publish_scheduled


class Command(BaseCommand):
    """Publish what is due and take off what has expired."""

    help = "Publish and expire pages whose time has come. Run it every minute; two at once do each page once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: object, **options: object) -> None:
        report = publish_scheduled()
        if options["json"]:
            self.stdout.write(json.dumps(report, default=str))
            return
        self.stdout.write(f"{len(report['published'])} published, {len(report['expired'])} expired.")
        for pk, errors in report["failed"].items():
            self.stderr.write(f"Page {pk} cannot be published: {errors}")
