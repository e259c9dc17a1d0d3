"""Import a folder of Markdown files."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from ...command import ImportCommand
from ...folders.habits.detect import GENERATORS


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

        parser.add_argument(
            "--generator",
            choices=sorted(GENERATORS),
            default="",
            help="The generator of the site: what it held back stays back, and its addresses lead to the pages; default: "
            "found out by its configuration, “none” for no generator's.",
        )
        parser.add_argument(
            "--skip-unreadable", action="store_true", help="Leave out files that cannot be read, with a warning each."
        )

    def importer_options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {name: options[name] for name in ("source_name", "generator", "skip_unreadable")}
