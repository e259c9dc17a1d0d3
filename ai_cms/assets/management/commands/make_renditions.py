"""``manage.py make_renditions``: make the sizes and formats that pictures lack."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from ai_cms.assets import get_image_model
from ai_cms.assets.services import make_further
from ai_cms.core.exceptions import RequestRefused


class Command(BaseCommand):
    help = (
        "Make the sizes and formats that pictures lack, or that were made before a setting changed. Safe to run twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="Only these pictures.")

    def handle(self, *args: object, **options: object) -> None:
        rows = get_image_model().objects.non_polymorphic().order_by("pk")
        if options["ids"]:
            rows = rows.filter(pk__in=options["ids"])
        made = failed = 0
        for pk in list(rows.values_list("pk", flat=True)):
            try:
                made += make_further(pk)
            except RequestRefused as error:
                failed += 1
                self.stderr.write(f"{pk}: {error}")
        self.stdout.write(f"{made} files made, {failed} pictures failed.")
