"""What is done to a page from a list: publish, unpublish, duplicate, move to the bin; and undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import router, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ai_cms.core.exceptions import Conflict, NotFound, RequestRefused
from ai_cms.pages.models import AbstractPage, Publication
from ai_cms.pages.rows import short
from ai_cms.pages.services import (
    copy_page,
    delete_page,
    move_page,
    publish_page,
    restore_page,
    schedule_page,
    unpublish_page,
)

from .base import DeskView
from .undo import opened, undos

__all__ = ["ActView", "UndoView"]


class ActView(DeskView):
    """Do one thing to a page: ``publish``, ``unpublish``, ``duplicate`` or ``bin``, each with a way back."""

    room = "pages"

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        work: Callable[[AbstractPage], HttpResponse] | None = {
            "publish": self._publish,
            "unpublish": self._unpublish,
            "duplicate": self._duplicate,
            "bin": self._bin,
        }.get(act)
        if work is None:
            raise NotFound
        page = self.page(pk)
        try:
            return work(page)
        except RequestRefused as error:
            return self.not_done(error, then=self.back(page))

    def _publish(self, page: AbstractPage) -> HttpResponse:
        before = Publication.objects.filter(page_id=page.pk).values_list("revision", "expire_at").first()
        planned = page.go_live_at
        made = publish_page(page, actor=self.actor)
        undo: dict[str, Any] = {"undo": "unpublish", "page": page.pk, "made": made.revision}
        if before is not None:
            undo |= {"undo": "republish", "revision": before[0]}
        if planned is not None:
            undo["go_live_at"] = planned.isoformat()
        text = _("“%(title)s” is published.") % {"title": short(page.title, 60)}
        return self.told(text, then=self.back(page), undo=undo, parents=[page.parent_id])

    def _unpublish(self, page: AbstractPage) -> HttpResponse:
        before = Publication.objects.filter(page_id=page.pk).values_list("revision", "expire_at").first()
        planned = page.go_live_at
        unpublish_page(page, actor=self.actor)
        undo: dict[str, Any] | None = None
        if before is not None:
            undo = {"undo": "republish", "page": page.pk, "revision": before[0], "made": None}
            undo |= {"expire_at": before[1].isoformat()} if before[1] is not None else {}
            undo |= {"go_live_at": planned.isoformat()} if planned is not None else {}
        text = _("“%(title)s” is off the site. The draft stays.") % {"title": short(page.title, 60)}
        return self.told(text, then=self.back(page), undo=undo, parents=[page.parent_id])

    def _duplicate(self, page: AbstractPage) -> HttpResponse:
        parent = self.page(page.parent_id) if page.parent_id else None
        if parent is None:
            raise Conflict(_("The home page of a site cannot be duplicated."))
        title = _("Copy of %(title)s") % {"title": page.title}
        with transaction.atomic(using=router.db_for_write(type(page))):
            twin = copy_page(page, parent, actor=self.actor, title=title[:255], recursive=False)
            # Beside what it was made of, where one looks for it.
            twin = move_page(twin, page, actor=self.actor, position="after")
        text = _("“%(title)s” is a draft beside the original.") % {"title": short(twin.title, 60)}
        undo = {"undo": "bin", "page": twin.pk}
        return self.told(text, then=self.back(page), undo=undo, parents=[page.parent_id], page=twin.pk)

    def _bin(self, page: AbstractPage) -> HttpResponse:
        try:
            count = delete_page(page, actor=self.actor)
        except RequestRefused as error:
            if self.too_large(error):
                return self.later("delete", page)
            raise
        title = short(page.title, 60)
        text = _("“%(title)s” is in the bin.") % {"title": title}
        if count > 1:
            words = ngettext(
                "“%(title)s” and %(count)d page below it are in the bin.",
                "“%(title)s” and %(count)d pages below it are in the bin.",
                count - 1,
            )
            text = words % {"title": title, "count": count - 1}
        undo = {"undo": "restore", "page": page.pk}
        return self.told(text, then=self.back(page), undo=undo, parents=[page.parent_id])


class UndoView(DeskView):
    """Turn back what a token names."""

    def post(self, request: HttpRequest) -> HttpResponse:
        then = self.back()
        try:
            undo, values = opened(request.POST.get("token", ""))
            text = undo(self, values)
        except RequestRefused as error:
            return self.not_done(error, then=then)
        return self.told(text, then=then, undone=True)


def _restore(view: DeskView, values: dict[str, Any]) -> str:
    page = restore_page(view.page(values["page"], "view", deleted=True), actor=view.actor)
    return _("“%(title)s” is back.") % {"title": short(page.title, 60)}


def _bin_again(view: DeskView, values: dict[str, Any]) -> str:
    page = view.page(values["page"])
    delete_page(page, actor=view.actor)
    return _("“%(title)s” is in the bin.") % {"title": short(page.title, 60)}


def _unpublish_again(view: DeskView, values: dict[str, Any]) -> str:
    page = view.page(values["page"])
    _same(page, values)
    unpublish_page(page, actor=view.actor)
    _plan(view, page, values)
    return _("“%(title)s” is off the site again.") % {"title": short(page.title, 60)}


def _republish(view: DeskView, values: dict[str, Any]) -> str:
    page = view.page(values["page"])
    _same(page, values)
    publish_page(page, actor=view.actor, revision=values["revision"])
    _plan(view, page, values)
    return _("“%(title)s” is on the site as it was before.") % {"title": short(page.title, 60)}


def _same(page: AbstractPage, values: dict[str, Any]) -> None:
    """Raise Conflict if the page was published, or taken off, once more since."""
    present = Publication.objects.filter(page_id=page.pk).values_list("revision", flat=True).first()
    if present != values["made"]:
        raise Conflict(_("The page was published or taken off once more meanwhile, so this stays as it is."))


def _plan(view: DeskView, page: AbstractPage, values: dict[str, Any]) -> None:
    """Plan again what publishing and unpublishing put aside, as far as it is still to come."""
    named = {name: parse_datetime(values[name]) for name in ("go_live_at", "expire_at") if values.get(name)}
    times = {name: moment for name, moment in named.items() if moment is not None and moment > timezone.now()}
    if times:
        fresh = view.page(page.pk)
        go_live_at, expire_at = times.get("go_live_at"), times.get("expire_at")
        schedule_page(fresh, actor=view.actor, go_live_at=go_live_at, expire_at=expire_at)


def _place_back(view: DeskView, values: dict[str, Any]) -> str:
    page, target = view.page(values["page"]), view.page(values["target"])
    move_page(page, target, actor=view.actor, position=values["position"], slug=values.get("slug", ""))
    return _("“%(title)s” stands where it stood.") % {"title": short(page.title, 60)}


for _name, _undo in {
    "restore": _restore,
    "bin": _bin_again,
    "unpublish": _unpublish_again,
    "republish": _republish,
    "place": _place_back,
}.items():
    undos.register(_name, _undo)
