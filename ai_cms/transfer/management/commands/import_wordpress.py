"""Import a WordPress export."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from ...command import ImportCommand


class Command(ImportCommand):
    """Import pages and posts of a WordPress export file (WXR), all or nothing; a second run changes what the file changed."""

    help = "Import a WordPress export file (Tools → Export). All or nothing; running it again changes nothing."
    importer_name = "wordpress"

    def add_source_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FILE", help="The export, an XML file.")
        parser.add_argument(
            "--posts-under",
            default="blog",
            metavar="SLUG",
            help='Slug of the page that posts stand below; made if it is missing; "" for none (default: blog).',
        )
        parser.add_argument(
            "--posts-title", default="Blog", help="Title of that page if it has to be made (default: Blog)."
        )
        parser.add_argument(
            "--custom-field",
            action="append",
            default=[],
            dest="custom_fields",
            metavar="NAME",
            help="Keep this custom field in metadata.custom_fields; may be repeated.",
        )
        parser.add_argument(
            "--media",
            metavar="FOLDER",
            help="A copy of wp-content/uploads: attachments are taken from there as assets of the user.",
        )
        parser.add_argument(
            "--post-type",
            action="append",
            default=[],
            dest="post_types",
            metavar="NAME",
            help="Import items of this type as posts too; may be repeated.",
        )

    def importer_options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {name: options[name] for name in ("posts_under", "posts_title", "custom_fields", "post_types", "media")}
