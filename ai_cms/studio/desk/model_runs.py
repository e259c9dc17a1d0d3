"""Runs of language models that failed; where models are installed."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.permissions import Actor, get_policy
from ai_cms.llm.models import Run, RunStatus
from ai_cms.pages.services import page_types

from ..links import edit_url
from ..registry import Line, Panel, Waiting, panels

__all__ = ["furnish_runs"]

#: Failures older than these days are the log's.
DAYS = 7


def failed_runs(request: HttpRequest, limit: int) -> Waiting:
    """Return the person's own runs of the last days that failed or were broken off."""
    rows = get_policy(Run).visible(Actor.from_request(request), Run.objects.all())
    rows = rows.filter(
        user=request.user.pk,
        status__in=[RunStatus.ERROR, RunStatus.INTERRUPTED],
        created_at__gt=timezone.now() - timedelta(days=DAYS),
    )
    of_pages = {
        ContentType.objects.get_for_model(model, for_concrete_model=False).pk for model in page_types().values()
    }
    lines = [
        Line(
            title=row.target_label or row.handler,
            url=edit_url(row.object_id) if row.content_type_id in of_pages and row.object_id else "",
            detail=row.error_detail or row.error_code,
            badge=row.get_status_display().capitalize(),
            tone="bad",
            action=_("To the page"),
            when=row.finished_at or row.created_at,
        )
        for row in rows.order_by("-created_at").defer("payload", "result", "text")[:limit]
    ]
    return Waiting(lines, rows.count() if len(lines) == limit else len(lines))


def furnish_runs() -> None:
    """Register the panel; called when the apps are ready."""
    panels.register("runs", Panel(title=gettext_lazy("Writing that failed"), icon="alert", waiting=failed_runs))
