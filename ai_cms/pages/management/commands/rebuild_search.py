"""``manage.py rebuild_search``: cut the words of all publications anew and make the search index from them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS

from ai_cms.pages.models import Publication
from ai_cms.pages.rendering import published_page
from ai_cms.pages.search.index import rebuild, search_columns

BATCH = 200


class Command(BaseCommand):
    """Needed after ``search_extra()`` of a page type or ``SEARCH_CONFIGS`` changed; publishing keeps the index by itself."""

    help = "Make the search index anew from what is published."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="the database to work on")

    def handle(self, *args: object, **options: Any) -> None:
        using: str = options["database"]
        names = ["search_title", "search_text", "search_config"]
        count, last = 0, 0
        # In batches of keys, so that no long transaction keeps others from publishing.
        while True:
            rows = list(
                Publication.objects.using(using).filter(pk__gt=last).order_by("pk").defer("html", "body")[:BATCH]
            )
            if not rows:
                break
            for row in rows:
                for name, value in search_columns(published_page(row)).items():
                    setattr(row, name, value)
            Publication.objects.using(using).bulk_update(rows, names)
            count, last = count + len(rows), rows[-1].pk
        rebuild(using)
        if options["verbosity"]:
            self.stdout.write(f"{count} publications indexed.")
