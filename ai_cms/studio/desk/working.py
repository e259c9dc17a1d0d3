"""Work on the tree that is too long for one request: how far it is, how it ended, and its end before its time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy
from ai_cms.pages.models import TreeWork, WorkStatus
from ai_cms.pages.rows import short
from ai_cms.pages.services import cancel_tree_work
from ai_cms.pages.services.tree_work import go_on

from ..links import link
from .base import DeskView

__all__ = ["WorkView"]


class WorkView(DeskView):
    """One piece of work; a POST stops it before its next part."""

    room = "today"

    def work(self, pk: UUID, action: str) -> TreeWork:
        """Return work that the person may see, and do ``action`` to. Raises NotFound, PermissionRefused."""
        policy = get_policy(TreeWork)
        found: Any = policy.visible(self.actor, TreeWork.objects.all()).filter(pk=pk).first()
        if not isinstance(found, TreeWork):
            raise NotFound
        policy.require(self.actor, action, found)
        return found

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        work = self.work(pk, "view")
        go_on(work)
        result = work.result or {}
        reasons = {entry["page"]: entry["detail"] for entry in result.get("failed", [])}
        left_out = [
            (page.title, reasons[page.pk]) for page in self.pages.filter(pk__in=reasons).order_by("tree_id", "lft")
        ]
        return self.show(
            "work.html",
            f"{work.get_kind_display().capitalize()}: {short(work.title, 60)}",
            work=work,
            running=work.finished_at is None,
            failed=work.status == WorkStatus.FAILED,
            percent=100 * work.done // work.total if work.total else 0,
            left_out=left_out,
            back=link("tree"),
        )

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        work = self.work(pk, "cancel")
        cancel_tree_work(work)
        return self.told(_("It stops before the next page. What was done stays."), then=link("work", work.pk))
