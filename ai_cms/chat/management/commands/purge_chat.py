from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandParser

from ...retention import delete_expired_shares, delete_old_conversations


class Command(BaseCommand):
    help = (
        "Delete conversations that are past CHAT_RETENTION_DAYS or their own days, and what expired share links showed. "
        "Run it once a day; several at once do no harm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: object, **options: object) -> None:
        counts = {"conversations": delete_old_conversations(), "shares": delete_expired_shares()}
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        self.stdout.write(f"{counts['conversations']} conversations and {counts['shares']} share links deleted.")
