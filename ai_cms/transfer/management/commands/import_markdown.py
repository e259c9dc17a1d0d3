"""Import a folder of Markdown files."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from ...command import ImportCommand


class Command(ImportCommand):
    """Import a folder of Markdown files with front matter, all or nothing; a second run changes what the files changed."""

    help = (
        "Import a folder of Markdown files; folders become the tree. All or nothing; running it again changes nothing."
    )
    importer_name = "markdown"

    def add_source_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FOLDER", help="The folder.")
        parser.add_argument(
            "--source-name",
            metavar="NAME",
            default="",
            help="Tells this folder from others; default: the folder's name.",
        )

    def importer_options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"source_name": options["source_name"]}
