from __future__ import annotations

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from ai_cms.pages.treecheck import check_tree, find_hidden


class Command(BaseCommand):
    """Report where the tree's caches differ from the parent links."""

    help = (
        "Check tree columns, URL paths, sites and publications against the parent links; exit status 1 if any is wrong. "
        "Pages that nobody sees, because another route answers at their address, are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: object, **options: object) -> None:
        problems, hidden = list(check_tree()), list(find_hidden())
        if options["json"]:
            rows = [
                {"page": row.page_id, "column": row.column, "found": str(row.found), "expected": str(row.expected)}
                for row in problems
            ]
            named = [{"page": pk, "path": path} for pk, path in hidden]
            self.stdout.write(json.dumps({"problems": rows, "hidden": named}))
        else:
            for problem in problems:
                self.stdout.write(str(problem))
            for pk, path in hidden:
                self.stdout.write(
                    self.style.WARNING(f"page {pk}: another route answers at {path}; give it another slug")
                )
        if problems:
            raise CommandError(
                f"{len(problems)} problems. `manage.py fix_tree` rebuilds the tree from the parent links."
            )
        if not options["json"]:
            self.stdout.write("The tree is in order.")
