"""Import HTML files."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from ...command import ImportCommand


class Command(ImportCommand):
    """Import HTML files, or folders of them, all or nothing; a second run changes what the files changed."""

    help = "Import HTML files, or folders of them. All or nothing; running it again changes nothing."
    importer_name = "html"

    def add_source_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FILE", nargs="+", help="Files, or folders with files in them.")
        parser.add_argument(
            "--source-name",
            metavar="NAME",
            default="",
            help="Tells these files from others; default: the name of the folder they are in.",
        )

    def importer_options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"source_name": options["source_name"]}
