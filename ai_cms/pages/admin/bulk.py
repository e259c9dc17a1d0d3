"""Publish, unpublish or delete several pages: first what it means, then one by one, with a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.permissions import Actor

from .. import get_page_model
from ..rows import short, visible_pages
from ..services import delete_page, publish_page, unpublish_page
from .base import MAX_ID, PagesAdmin, explain

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["BulkViews"]

MAX_PAGES = 200


class BulkViews(PagesAdmin):
    """The view for many pages at once."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("bulk/", self.bulk_view, "bulk", "POST"),
        ]

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        action = request.POST.get("action", "")
        back = self._back(request)
        kinds: dict[str, tuple[str, Callable[..., Any], str, str]] = {
            "publish": ("publish", publish_page, _("Publish pages"), _("Publish them")),
            "unpublish": ("publish", unpublish_page, _("Unpublish pages"), _("Take them off the site")),
            "delete": ("delete", delete_page, _("Delete pages"), _("Move them to the bin")),
        }
        ids = {int(raw) for raw in request.POST.getlist("selected") if raw.isdecimal() and int(raw) <= MAX_ID}
        pages = list(visible_pages(request).filter(pk__in=list(ids)[:MAX_PAGES]).order_by("tree_id", "lft"))
        if action not in kinds or not pages:
            text = _("Choose at least one page first.") if action in kinds else _("Choose what to do with the pages.")
            self.tell(request, text, 30)
            return HttpResponseRedirect(back)
        right, work, title, submit = kinds[action]
        allowed = [page for page in pages if self.may(request, right, page)]
        if request.POST.get("confirm") != "1":
            return self._ask(request, action, title, submit, allowed, pages, back)
        done = 0
        removed: set[tuple[int, int, int]] = set()
        for page in allowed:
            # What lies below a deleted page went with it.
            if any(tree == page.tree_id and left < page.lft < right_ for tree, left, right_ in removed):
                done += 1
                continue
            try:
                work(page, actor=Actor.from_request(request))
            except RequestRefused as error:
                self.tell(request, f"{short(page.title)}: {' '.join(explain(error))}", 40)
                continue
            done += 1
            if action == "delete":
                removed.add((page.tree_id, page.lft, page.rght))
        if done:
            self.tell(
                request, ngettext("Done for %(number)d page.", "Done for %(number)d pages.", done) % {"number": done}
            )
        return HttpResponseRedirect(back)

    def _back(self, request: HttpRequest) -> str:
        back = request.POST.get("next", "")
        own = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        return back if own and back.startswith("/") else self.link("changelist")

    def _ask(
        self,
        request: HttpRequest,
        action: str,
        title: str,
        submit: str,
        allowed: list[AbstractPage],
        pages: list[AbstractPage],
        back: str,
    ) -> HttpResponse:
        below = 0
        if action == "delete":
            counted = get_page_model().all_objects.non_polymorphic().filter(pk__in=[page.pk for page in allowed])
            below = sum(counted.order_by().with_number_below().values_list("number_below", flat=True))
        return self.show(
            request,
            "page/bulk.html",
            title,
            crumbs=[(title, "")],
            action=action,
            submit=submit,
            pages=allowed,
            left_out=[page for page in pages if page not in allowed],
            below=below,
            back=back,
        )
