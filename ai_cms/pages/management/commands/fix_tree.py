from __future__ import annotations

from django.core.management.base import BaseCommand

from ai_cms.pages.treecheck import fix_tree


class Command(BaseCommand):
    """Rebuild the tree's caches from the parent links."""

    help = "Rebuild tree columns, URL paths and publication paths from the parent links. Safe to run twice at once."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{fix_tree()} pages corrected.")
