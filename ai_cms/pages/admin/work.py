"""Long work on the tree: start it, watch it, stop it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor, get_policy

from ..models import AbstractPage, TreeWork, WorkStatus
from ..rows import short, visible_pages
from ..services import cancel_tree_work, start_tree_work
from ..services.tree_work import go_on
from .base import PagesAdmin

__all__ = ["WorkViews"]


class WorkViews(PagesAdmin):
    """The views of work that is too long for one request."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("work/<uuid:work_id>/", self.work_view, "work", "GET", "POST"),
            self.route("<int:pk>/publish-below/", self.publish_below_view, "publish_below", "GET", "POST"),
        ]

    def later(
        self, request: HttpRequest, kind: str, page: AbstractPage, *, target: AbstractPage | None = None, **options: Any
    ) -> HttpResponse:
        """Start long work and go where one sees how far it is, or back to the page with the reason of a refusal."""
        try:
            work = start_tree_work(kind, page, actor=Actor.from_request(request), target=target, options=options)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            self.tell_refusal(request, error)
            return HttpResponseRedirect(self.link("bin") if page.deleted_at else self.link("change", page.pk))
        return HttpResponseRedirect(self.link("work", work.pk))

    def publish_below_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "publish")
        if request.method == "POST":
            return self.later(request, "publish", page)
        count = visible_pages(request).non_polymorphic().below(page).count() + 1
        about = ngettext(
            "The draft of %(number)d page is published if it was changed.",
            "The drafts of %(number)d pages are published where they were changed. Those with errors are left out and named.",
            count,
        ) % {"number": count}
        return self.show_step(request, page, _("Publish all below"), None, _("Publish them"), about)

    def work_view(self, request: HttpRequest, work_id: UUID) -> HttpResponse:
        rows = get_policy(TreeWork).visible(Actor.from_request(request), TreeWork.objects.all())
        work: TreeWork | None = rows.filter(pk=work_id).first()
        if work is None:
            raise Http404
        if request.method == "POST":
            cancel_tree_work(work)
            return HttpResponseRedirect(self.link("work", work.pk))
        go_on(work)
        title = f"{work.get_kind_display()}: {short(work.title)}"
        result = work.result or {}
        found = visible_pages(request).filter(pk=result.get("page")).first() if result else None
        return self.show(
            request,
            "page/work.html",
            title,
            crumbs=[(title, "")],
            work=work,
            running=work.finished_at is None,
            failed=work.status == WorkStatus.FAILED,
            result=result,
            page=found,
            left_out=self._left_out(request, result.get("failed", [])),
            cancel=self.link("changelist"),
        )

    def _left_out(self, request: HttpRequest, failed: list[dict[str, Any]]) -> list[tuple[AbstractPage, str]]:
        """Return the pages that were left out and why, those that the user sees."""
        reasons = {entry["page"]: entry["detail"] for entry in failed}
        pages = visible_pages(request).non_polymorphic().filter(pk__in=reasons).order_by("tree_id", "lft")
        return [(page, reasons[page.pk]) for page in pages.defer("content_json")]
