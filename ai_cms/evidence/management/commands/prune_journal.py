"""``manage.py prune_journal``: forget what agents did long ago. Acceptances stay."""

from __future__ import annotations

from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from ai_cms.evidence.conf import evidence_settings
from ai_cms.evidence.models import Act


class Command(BaseCommand):
    """To be run each day where ``JOURNAL_KEEP_DAYS`` is set."""

    help = "Delete acts of agents that are older than JOURNAL_KEEP_DAYS; they cannot be undone any more then."

    def handle(self, *args: object, **options: object) -> None:
        days = evidence_settings.JOURNAL_KEEP_DAYS
        if not days:
            self.stdout.write("JOURNAL_KEEP_DAYS is 0: everything is kept.")
            return
        gone, _rows = Act.objects.filter(at__lt=timezone.now() - timedelta(days=days)).delete()
        self.stdout.write(f"{gone} acts deleted.")
