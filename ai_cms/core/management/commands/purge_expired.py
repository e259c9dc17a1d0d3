from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandParser
from django.db import models
from django.utils import timezone

from ai_cms.core.models import IdempotencyRecord, RateLimitCounter

BATCH = 1_000


class Command(BaseCommand):
    help = "Remove expired idempotency records and rate limit counters. Safe to run at any time and twice at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the numbers as JSON")

    def handle(self, *args: object, **options: object) -> None:
        numbers = {
            "idempotency_records": purge(IdempotencyRecord),
            "rate_limit_counters": purge(RateLimitCounter),
        }
        if options["json"]:
            self.stdout.write(json.dumps(numbers))
            return
        for name, number in numbers.items():
            self.stdout.write(f"Removed {number} {name.replace('_', ' ')}.")


def purge(model: type[models.Model]) -> int:
    """Delete the expired rows of ``model`` in batches, so that no long lock is held; return their number."""
    removed = 0
    now = timezone.now()
    while True:
        ids = list(model._default_manager.filter(expires_at__lte=now).values_list("pk", flat=True)[:BATCH])
        if not ids:
            return removed
        # The time again: a row may have been taken into use since it was read.
        removed += model._default_manager.filter(pk__in=ids, expires_at__lte=now).delete()[0]
