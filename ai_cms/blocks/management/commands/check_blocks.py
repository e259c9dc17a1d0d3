"""``manage.py check_blocks``: what is wrong in stored documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from ai_cms.blocks.discovery import all_stores
from ai_cms.blocks.exceptions import BlockError

from ....core.jsontypes import JsonObject
from ...documents.document import Document
from ...documents.structure import structure_errors


class Command(BaseCommand):
    help = (
        "Report blocks of unknown types and versions, failed upgrades, and structural and field errors, in every "
        "BlocksField of every installed model and in what is published. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--finished", action="store_true", help="Leave out documents that may hold errors: drafts.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument("--fail", action="store_true", help="Exit with status 1 if anything is found.")
        parser.add_argument("--batch", type=int, default=200, help="Rows to read at a time (200).")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="The database to read.")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = 0
        problems: list[JsonObject] = []
        for label, store in all_stores():
            if options["finished"] and not store.finished:
                continue
            model, _dot, field = label.rpartition(".")
            for batch in store.documents(using=options["database"], batch=options["batch"]):
                rows += len(batch)
                for pk, document in batch:
                    where = {"model": model, "field": field, "pk": pk}
                    for error in _errors(document, store.allowed):
                        problems.append({**where, **error.to_json()})
        if options["json"]:
            self.stdout.write(json.dumps({"rows": rows, "problems": problems}, default=str))
        else:
            for item in problems:
                path = ".".join(item["loc"]) or "[]"
                self.stdout.write(
                    f"{item['model']}.{item['field']} {item['pk']}: {path}: {item['msg']} [{item['type']}]"
                )
            self.stdout.write(f"{rows} documents read, {len(problems)} problems found.")
        if problems and options["fail"]:
            raise CommandError(f"{len(problems)} problems found.")


def _errors(document: Document, allowed: tuple[str, ...] | None) -> Iterator[BlockError]:
    yield from structure_errors(document, allowed)
    yield from document.validate(strict=True)
