from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ai_cms.pages import get_page_model
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.revisions import prune_revisions


class Command(BaseCommand):
    """Delete old revisions."""

    help = "Keep the newest revisions of each page (AI_CMS['REVISIONS_KEEP'], or --keep); published ones always stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep", type=int, default=None, help="revisions to keep for each page; 0 keeps all")

    def handle(self, *args: Any, **options: Any) -> None:
        keep = pages_settings.REVISIONS_KEEP if options["keep"] is None else options["keep"]
        if keep < 1:
            self.stdout.write("Nothing pruned: all revisions are kept.")
            return
        rows = get_page_model().all_objects.non_polymorphic().order_by("pk").filter(latest_revision__gt=keep)
        gone = sum(prune_revisions(pk, keep) for pk in rows.values_list("pk", flat=True).iterator())
        self.stdout.write(f"{gone} revisions deleted.")
