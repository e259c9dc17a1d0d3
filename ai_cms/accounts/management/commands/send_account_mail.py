from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ai_cms.accounts.delivery import deliver_due


class Command(BaseCommand):
    help = "Send the mail of accounts that is due. Once, or with --every for as long as it runs; safe to run twice at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on, and look this often")

    def handle(self, *args: object, **options: Any) -> None:
        while True:
            number = deliver_due()
            if options["verbosity"] and (number or not options["every"]):
                self.stdout.write(f"{number} done")
            if not options["every"]:
                return
            time.sleep(max(options["every"], 0.1))
