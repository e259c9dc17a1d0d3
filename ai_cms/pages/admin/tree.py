"""The list of pages: a tree that is read level by level, or a flat list where something is searched for."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils.translation import gettext as _

from ai_cms.core.mappings import TemplateContext

from ..filters import PageFilters
from ..models import AbstractPage, Proposal, ProposalStatus
from ..rows import LEVEL_SIZE, Level, RowMaker, search_pages, short, visible_pages
from .base import PagesAdmin
from .choosing import SUGGESTIONS, label_of
from .scripts import TREE_MEDIA

__all__ = ["TreeViews"]

#: This many pages at the top are shown open at first.
OPEN_AT_FIRST = 3


class TreeViews(PagesAdmin):
    """The views that list pages."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("level/", self.level_view, "level", "GET"),
            self.route("choose/", self.choose_view, "choose", "GET"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: TemplateContext | None = None) -> HttpResponse:
        if IS_POPUP_VAR in request.GET or request.GET.get("_to_field"):
            return super().changelist_view(request, extra_context)
        if not self.has_view_permission(request):
            raise PermissionDenied
        maker = RowMaker(request)
        filters = PageFilters(request, request.GET)
        context: TemplateContext = {
            "filters": filters,
            "has_sites": bool(maker.sites),
            "may_add": self.has_add_permission(request),
            "may_bulk": any(self.may(request, action) for action in ("publish", "delete")),
            "may_delete": self.may(request, "delete"),
            "may_publish": self.may(request, "publish"),
            "waiting": self._waiting(request),
        }
        if filters.active:
            return self._flat(request, maker, filters, context)
        parent = self._shown_parent(request)
        start = request.GET.get("start", "")
        level = maker.level(parent, int(start) if start.isdecimal() and len(start) < 7 else 0)
        if parent is None and len(level.rows) <= OPEN_AT_FIRST:
            for row in level.rows:
                row.level = maker.level(row.page) if row.has_children else None
        title = short(parent.title) if parent is not None else _("Pages")
        shown = [*level.rows, *(below for row in level.rows if row.level for below in row.level.rows)]
        context["may_move"] = any(row.can_change and row.page.parent_id for row in shown)
        return self.show(
            request,
            "page/tree.html",
            title,
            crumbs=[*(self._trail_of(request, parent)), (title, "")] if parent is not None else (),
            level=level,
            parent=parent,
            media=TREE_MEDIA,
            may_add_here=parent is not None and self.may(request, "add", parent),
            **context,
        )

    def _shown_parent(self, request: HttpRequest) -> AbstractPage | None:
        raw = request.GET.get("parent", "")
        return self.find_page(request, raw) if raw else None

    def _trail_of(self, request: HttpRequest, page: AbstractPage) -> list[tuple[str, str]]:
        above = visible_pages(request).non_polymorphic().above(page).defer("content_json")
        return [(short(found.title, 30), self.link("changelist", parent=found.pk)) for found in above]

    def _flat(
        self, request: HttpRequest, maker: RowMaker, filters: PageFilters, context: dict[str, Any]
    ) -> HttpResponse:
        pages = Paginator(filters.apply(maker.queryset()), LEVEL_SIZE).get_page(request.GET.get("page"))
        query = request.GET.copy()
        query.pop("page", None)
        return self.show(
            request,
            "page/list.html",
            _("Pages"),
            rows=[maker.row(page) for page in pages.object_list],
            pages=pages,
            media=TREE_MEDIA,
            query=query.urlencode(),
            **context,
        )

    def _waiting(self, request: HttpRequest) -> int:
        return int(
            Proposal.objects.filter(
                status=ProposalStatus.PENDING,
                page__in=visible_pages(request).non_polymorphic().order_by().values("pk"),
            ).count()
        )

    def level_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the list items of one level, for the script of the tree."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        start = request.GET.get("start", "")
        parent = self._shown_parent(request)
        maker = RowMaker(request)
        level: Level = maker.level(parent, int(start) if start.isdecimal() and len(start) < 7 else 0)
        if parent is None and request.GET.get("open") == "1" and len(level.rows) <= OPEN_AT_FIRST:
            for row in level.rows:
                row.level = maker.level(row.page) if row.has_children else None
        request.current_app = self.admin_site.name
        context = {"level": level, "parent": parent, "opts": self.opts, "may_bulk": self._may_bulk(request)}
        return render(request, "admin/ai_cms_pages/includes/level.html", context)

    def _may_bulk(self, request: HttpRequest) -> bool:
        return any(self.may(request, action) for action in ("publish", "delete"))

    def choose_view(self, request: HttpRequest) -> JsonResponse:
        """Answer with the pages that fit what was typed into a field that chooses a page."""
        rows = search_pages(request, request.GET.get("q", "")[:200])[:SUGGESTIONS]
        return JsonResponse({"pages": [{"value": label_of(page), "title": page.title} for page in rows]})
