"""What is left of runs whose worker is gone, and of runs that nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from ..conf import run_settings
from ..models import Run, RunStatus
from ..workers import is_gone
from .events import ACTIVE, append_event
from .execution import announce
from .services import resume_run

__all__ = ["delete_old_runs", "sweep_runs"]


def sweep_runs(limit: int = 100) -> int:
    """Mark runs whose worker is gone as interrupted; return their number. Safe while other processes do the same."""
    expired = list(Run.objects.abandoned()[:limit])
    orphans = [run for run in Run.objects.filter(status__in=ACTIVE)[:limit] if is_gone(run.worker)]
    swept = 0
    for run in {run.pk: run for run in [*expired, *orphans]}.values():
        mine = Run.objects.filter(pk=run.pk, attempt=run.attempt, lease_until=run.lease_until, status__in=ACTIVE)
        status = RunStatus.CANCELLED if run.cancel_requested else RunStatus.INTERRUPTED
        data = {"detail": _("The work was interrupted."), "code": "ai_interrupted"}
        fields = {"error_code": data["code"], "error_detail": data["detail"]} if status == RunStatus.INTERRUPTED else {}
        if append_event(mine, run.pk, status, data, status=status, finished_at=timezone.now(), **fields):
            swept += 1
            announce(run.pk)
    return swept + _resume_overdue(limit)


def _resume_overdue(limit: int) -> int:
    """Have runs go on whose person did not decide in time: their handlers know what that means."""
    overdue = Run.objects.filter(status=RunStatus.REQUIRES_ACTION, lease_until__lte=timezone.now())
    return sum(resume_run(pk) for pk in list(overdue.values_list("pk", flat=True)[:limit]))


def delete_old_runs() -> int:
    """Delete runs that finished longer ago than ``RUN_RETENTION_DAYS``, with their events; return their number."""
    days = run_settings.RUN_RETENTION_DAYS
    if days is None:
        return 0
    old = Run.objects.filter(finished_at__lt=timezone.now() - timedelta(days=days))
    _total, by_model = old.delete()
    return by_model.get(Run._meta.label, 0)
