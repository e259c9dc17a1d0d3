"""The pages as a tree that is read level by level, or as a list where something is searched for; and moving them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.permissions import get_policy
from ai_cms.pages import get_page_model
from ai_cms.pages.filters import PageFilters
from ai_cms.pages.models import AbstractPage, PageStatus
from ai_cms.pages.placing import address_question, goal_of, place_in_words, place_now
from ai_cms.pages.rows import LEVEL_SIZE, RowMaker, search_pages, short
from ai_cms.pages.services import move_page

from ..links import edit_url, link
from ..statuses import status_word
from .base import DeskView, key_of

__all__ = ["LevelView", "MoveView", "PlaceView", "TreeView"]

#: This many pages at the top are shown open at first.
OPEN_AT_FIRST = 3
#: Pages that a search for a new place offers.
PLACES = 20


class PagesView(DeskView):
    """A view of the tree."""

    room = "pages"

    def trail(self, page: AbstractPage | None) -> list[dict[str, Any]]:
        """Return the pages above one that the person sees, the root first, with where each level is shown."""
        if page is None:
            return []
        above = self.pages.above(page)
        return [{"title": short(found.title, 30), "url": link("tree", parent=found.pk)} for found in above]


class TreeView(PagesView):
    """The tree, open at the first level, or one level of it, or what was searched for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        maker = RowMaker(request)
        filters = PageFilters(request, request.GET)
        statuses = [
            {"value": value, "label": label, "here": request.GET.get("status", "") == value}
            for value, label in [
                ("", _("All")),
                *((s.value, status_word(s)) for s in PageStatus if s != PageStatus.DELETED),
            ]
        ]
        context: dict[str, Any] = {
            "filters": filters,
            "statuses": statuses,
            "words": request.GET.get("q", ""),
            "chosen": request.GET.get("status", ""),
            "narrowed": any(request.GET.get(name) for name in ("type", "locale", "site", "order", "mine")),
            "may_add": get_policy(get_page_model()).can(self.actor, "add"),
        }
        if filters.active:
            pages = Paginator(filters.apply(maker.queryset()), LEVEL_SIZE).get_page(request.GET.get("page"))
            query = request.GET.copy()
            query.pop("page", None)
            rows = [maker.row(page) for page in pages.object_list]
            return self.show("tree.html", _("Pages"), rows=rows, pages=pages, query=query.urlencode(), **context)
        raw = request.GET.get("parent", "")
        parent = self.page(raw) if raw else None
        level = maker.level(parent, key_of(request.GET.get("start", "0")) or 0)
        if parent is None and len(level.rows) <= OPEN_AT_FIRST:
            for row in level.rows:
                row.level = maker.level(row.page) if row.has_children else None
        title = short(parent.title) if parent is not None else _("Pages")
        return self.show("tree.html", title, level=level, parent=parent, trail=self.trail(parent), **context)


class LevelView(PagesView):
    """The rows of one level, for the tree's script."""

    def get(self, request: HttpRequest) -> HttpResponse:
        raw = request.GET.get("parent", "")
        parent = self.page(raw) if raw else None
        maker = RowMaker(request)
        level = maker.level(parent, key_of(request.GET.get("start", "0")) or 0)
        if parent is None and request.GET.get("open") == "1" and len(level.rows) <= OPEN_AT_FIRST:
            for row in level.rows:
                row.level = maker.level(row.page) if row.has_children else None
        return render(request, "ai_cms/studio/includes/level.html", {"level": level, "parent": parent})


class PlaceView(PagesView):
    """Move a page one step (``direction``) or to ``position`` of ``target``.

    A move that gives public pages another address is asked about first, until ``confirmed`` is sent with it.
    """

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page(pk, "change")
        then = self.back(page)
        try:
            target, position = goal_of(request, page, _wanted(request.POST.dict()))
            question = "" if "confirmed" in request.POST else address_question(page, target, position)
            if question:
                return self.ask(question, title=_("Move the page?"), submit=_("Move"), back=then)
            before = place_now(request, page)
            moved = move_page(page, target, actor=self.actor, position=position)
        except RequestRefused as error:
            if self.too_large(error):
                return self.later("move", page, target=target, position=position)
            return self.not_done(error, then=then)
        undo = {"undo": "place", "page": page.pk, "slug": page.slug, **before} if before else None
        return self.told(
            place_in_words(request, moved),
            then=link("tree", parent=moved.parent_id) if moved.parent_id != page.parent_id else then,
            undo=undo,
            parents=[page.parent_id, moved.parent_id],
            page=page.pk,
        )


class MoveView(PagesView):
    """Choose where a page goes, by searching for a page it is to stand in, before or after."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page(pk, "change")
        words = request.GET.get("q", "")[:200].replace("\x00", "")
        found = search_pages(request, words).exclude(pk=page.pk)
        # Never below itself.
        found = found.exclude(tree_id=page.tree_id, lft__gte=page.lft, rght__lte=page.rght)
        return self.show(
            "move.html",
            _("Move “%(title)s”") % {"title": short(page.title, 60)},
            page=page,
            words=words,
            places=list(found[:PLACES]),
            trail=self.trail(page),
            back=link("tree", parent=page.parent_id),
            edit=edit_url(page.pk),
        )


def _wanted(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent; a button of the form without script says target and position in one: ``place="5 before"``."""
    target, space, position = str(sent.get("place", "")).partition(" ")
    return {**sent, "target": target, "position": position} if space else sent
