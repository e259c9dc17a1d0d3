from __future__ import annotations

from django.core.management.base import BaseCommand

from ai_cms.accounts.housekeeping import clean_accounts


class Command(BaseCommand):
    help = (
        "Delete codes, refresh tokens, log-ins and sent mail of accounts that nobody needs any more. For a daily job."
    )

    def handle(self, *args: object, **options: object) -> None:
        for name, number in clean_accounts().items():
            self.stdout.write(f"{number} {name} deleted")
