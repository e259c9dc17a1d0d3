"""``manage.py verify_evidence``: whether records are this site's and unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_cms.evidence.seals import is_sealed


class Command(BaseCommand):
    """Reads files of ``export_evidence``, of the admin or of the API."""

    help = "Tell whether records of evidence were signed by this site and are unchanged. Fails where one is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="A record as JSON, or one on each line.")

    def handle(self, *args: object, **options: Any) -> None:
        bad = 0
        for name in options["files"]:
            for place, record in _records(Path(name)):
                valid = isinstance(record, dict) and is_sealed(record)
                bad += not valid
                self.stdout.write(f"{place}: {'genuine and unchanged' if valid else 'NOT genuine, or changed'}")
        if bad:
            raise CommandError(f"{bad} of the records {'is' if bad == 1 else 'are'} not what this site has signed.")


def _records(path: Path) -> list[tuple[str, Any]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: {error}") from error
    try:
        return [(str(path), json.loads(text))]
    except ValueError:
        pass
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append((f"{path}:{number}", json.loads(line)))
            except ValueError as error:
                raise CommandError(f"{path}:{number}: this is no JSON.") from error
    if not found:
        raise CommandError(f"{path}: the file is empty.")
    return found
