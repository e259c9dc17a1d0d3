from __future__ import annotations

from django.core.management.base import BaseCommand

from ai_cms.pages.services import carry_out_due


class Command(BaseCommand):
    """Carry out long work on the tree that nobody is doing."""

    help = (
        "Copy, move, delete, restore and publish what is waiting. Run it every minute; two at once do each work once."
    )

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{carry_out_due()} pieces of work carried out.")
