"""``manage.py upgrade_blocks``: store blocks of older versions in their current one."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, transaction

from ai_cms.blocks.discovery import DocumentStore, all_stores

from ....core.jsontypes import JsonObject
from ...documents.document import Document
from ...documents.upgrade import upgrade_blocks
from ...documents.validation import clean_props
from ...types.base import Block


class Command(BaseCommand):
    help = (
        "Store blocks of older versions in their current one, in every BlocksField of every installed model and in what "
        "is published. Reading upgrades anyway; this makes the steps of old versions removable (see Meta.oldest). "
        "A block whose new props its class refuses is reported and stays as it is, so that the step can be corrected. "
        "Safe to run twice, and beside editors."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")
        parser.add_argument(
            "--with-errors",
            action="store_true",
            help="Store blocks that their class refuses too: those of drafts that were never complete.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument("--batch", type=int, default=200, help="Rows to a transaction (200).")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="The database to work on.")

    def handle(self, *args: object, **options: object) -> None:
        report: dict[str, dict[str, int]] = {}
        refused: list[JsonObject] = []
        for label, store in all_stores():
            report[label] = self._upgrade(label, store, options, refused)
        if options["json"]:
            found = {"dry_run": options["dry_run"], "fields": report, "refused": refused}
            self.stdout.write(json.dumps(found, default=str))
        else:
            verb = "would change" if options["dry_run"] else "changed"
            for name, counts in report.items():
                self.stdout.write(f"{name}: {counts['changed']} of {counts['rows']} rows {verb}")
            for item in refused:
                self.stdout.write(
                    f"{item['where']} {item['key']}: block {item['block']} ({item['type']}, version {item['v']}): "
                    f"{item['problem']}"
                )
        if refused:
            raise CommandError(
                f"{len(refused)} blocks stay in their old version, because their class refuses what the steps make of "
                "them. Correct the step in `upgrades`; or, where a draft was never complete, run this --with-errors."
            )

    def _upgrade(
        self, label: str, store: DocumentStore, options: dict[str, Any], refused: list[JsonObject]
    ) -> dict[str, int]:
        using, dry_run = options["database"], options["dry_run"]
        counts = {"rows": 0, "changed": 0}
        batches = store.documents(using=using, batch=options["batch"], lock=not dry_run)
        while True:
            # The lock of a batch ends with its transaction; the next one is read inside the next.
            with transaction.atomic(using=using):
                batch = next(batches, None)
                if batch is None:
                    return counts
                counts["rows"] += len(batch)
                for key, document in batch:
                    found: list[JsonObject] = []
                    new = _upgraded(document, None if options["with_errors"] else found)
                    refused += ({"where": label, "key": key, **item} for item in found)
                    if new is document:
                        continue
                    counts["changed"] += 1
                    if not dry_run:
                        store.store(key, new, using=using)


def _upgraded(document: Document, refused: list[JsonObject] | None) -> Document:
    """Return the document as it is to be stored, the same if nothing changes; ``refused`` collects what its class refuses."""
    if not document.is_upgraded:
        return document
    if refused is None:
        return Document(document.blocks)

    def judge(block: JsonObject, block_class: type[Block], props: JsonObject) -> bool:
        _props, errors = clean_props(block_class, props)
        if errors:
            problem = f"{'.'.join(errors[0].loc)}: {errors[0].msg}"
            refused.append(
                {"block": block.get("id"), "type": block.get("type"), "v": block.get("v", 1), "problem": problem}
            )
        return not errors

    raw = upgrade_blocks(document.raw, judge=judge)
    return document if raw is document.raw else StoredAsIs(raw)


class StoredAsIs(Document):
    """A document whose blocks are stored in the versions they have."""

    __slots__ = ()

    def _current(self) -> list[JsonObject]:
        blocks: list[JsonObject] = self.raw
        return blocks
