"""``manage.py upgrade_blocks``: store blocks of older versions in their current one."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS, models, transaction

from ai_cms.blocks.discovery import document_fields, stored_documents


class Command(BaseCommand):
    help = (
        "Store blocks of older versions in their current one, in every BlocksField of every installed model. "
        "Reading upgrades anyway; this makes the steps of old versions removable. "
        "Safe to run twice, and beside editors."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument("--batch", type=int, default=200, help="Rows to a transaction (200).")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="The database to work on.")

    def handle(self, *args: Any, **options: Any) -> None:
        report: dict[str, dict[str, int]] = {}
        for model, field in document_fields():
            report[f"{model._meta.label}.{field.name}"] = self._upgrade(model, field, options)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "fields": report}))
            return
        verb = "would change" if options["dry_run"] else "changed"
        for name, counts in report.items():
            self.stdout.write(f"{name}: {counts['changed']} of {counts['rows']} rows {verb}")

    def _upgrade(self, model: type[models.Model], field: Any, options: dict[str, Any]) -> dict[str, int]:
        using, dry_run = options["database"], options["dry_run"]
        counts = {"rows": 0, "changed": 0}
        batches = stored_documents(model, field, using=using, batch=options["batch"], lock=not dry_run)
        rows: models.QuerySet[Any] = models.QuerySet(model, using=using)
        while True:
            # The lock of a batch ends with its transaction; the next one is read inside the next.
            with transaction.atomic(using=using):
                batch = next(batches, None)
                if batch is None:
                    return counts
                counts["rows"] += len(batch)
                for pk, document in batch:
                    if document.is_upgraded:
                        counts["changed"] += 1
                        if not dry_run:
                            rows.filter(pk=pk).update(**{field.attname: document})
