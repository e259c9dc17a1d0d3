"""Move pages: one step at a time, to a place named by the script of the tree, or to a page chosen in a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor

from ..exceptions import InvalidMove, TreeTooLarge
from ..models import AbstractPage, Publication
from ..services import copy_page, move_page
from .base import explain, short, visible_pages
from .choosing import PageChoiceField
from .forms import put_errors
from .work import WorkViews

__all__ = ["MovingViews"]

POSITIONS = ("first-child", "last-child", "before", "after")


class MoveForm(forms.Form):
    """Where a page goes."""

    position = forms.ChoiceField(
        label=gettext_lazy("Position"),
        choices=[
            ("last-child", gettext_lazy("Inside it, at the end")),
            ("first-child", gettext_lazy("Inside it, at the beginning")),
            ("before", gettext_lazy("Before it")),
            ("after", gettext_lazy("After it")),
        ],
    )

    def __init__(self, request: HttpRequest, site_name: str, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        target = PageChoiceField(request=request, site_name=site_name, label=gettext_lazy("Which page?"))
        self.fields = {"target": target, **self.fields}


class CopyForm(forms.Form):
    """Where the copy goes and what it is called."""

    title = forms.CharField(label=gettext_lazy("Title of the copy"), max_length=255)
    recursive = forms.BooleanField(label=gettext_lazy("Copy the pages below it too"), required=False, initial=True)

    def __init__(self, request: HttpRequest, site_name: str, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        self.fields["target"] = PageChoiceField(
            request=request, site_name=site_name, label=gettext_lazy("Put it below which page?")
        )


class MovingViews(WorkViews):
    """The views that change the place of a page."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("<int:pk>/move/", self.move_view, "move", "GET", "POST"),
            self.route("<int:pk>/place/", self.place_view, "place", "POST"),
            self.route("<int:pk>/copy/", self.copy_view, "copy", "GET", "POST"),
        ]

    def place_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move a page one step (``direction``) or to ``position`` of ``target``; JSON for the script, else back to the list.

        A move that gives public pages another address is asked about first, until ``confirmed`` is sent with it.
        """
        page = self.find_page(request, pk, "change")
        wants_json = "application/json" in request.headers.get("Accept", "")
        try:
            target, position = self._goal(request, page)
            question = "" if "confirmed" in request.POST else self._question(page, target, position)
            if question:
                if wants_json:
                    return JsonResponse({"ask": question})
                values = {"target": target.pk, "position": position, "confirmed": 1}
                place = self.link("place", page.pk)
                return self.show_step(
                    request, page, _("Move"), None, _("Move the page"), question, action=place, values=values
                )
            undo = self._place_now(request, page)
            moved = move_page(page, target, actor=Actor.from_request(request), position=position)
        except RequestRefused as error:
            if wants_json:
                return JsonResponse({"detail": " ".join(explain(error))}, status=error.status_code)
            self.tell_refusal(request, error)
            return HttpResponseRedirect(self._list_of(page.parent_id))
        text = self._place_in_words(request, moved)
        if wants_json:
            answer = {"message": text, "parent": moved.parent_id, "old_parent": page.parent_id, "undo": undo}
            return JsonResponse(answer)
        self.tell(request, text)
        return HttpResponseRedirect(self._list_of(moved.parent_id))

    @staticmethod
    def _question(page: AbstractPage, target: AbstractPage, position: str) -> str:
        """Return what to ask before a move that changes the address of pages on the site; "" for any other."""
        parent_id = target.pk if position in ("first-child", "last-child") else target.parent_id
        if parent_id == page.parent_id:
            return ""
        public = Publication.objects.filter(
            page__tree_id=page.tree_id, page__lft__gte=page.lft, page__rght__lte=page.rght, active=True
        )
        below = public.exclude(page=page).count()
        title = short(page.title, 60)
        if not below:
            text = _("“%(title)s” would get another address. The old address leads to the new one. Move it?")
            return text % {"title": title} if public.exists() else ""
        return ngettext(
            "“%(title)s” would get another address, and %(count)d page below it on the site. The old addresses lead to "
            "the new ones. Move it?",
            "“%(title)s” would get another address, and %(count)d pages below it on the site. The old addresses lead to "
            "the new ones. Move it?",
            below,
        ) % {"title": title, "count": below}

    @staticmethod
    def _place_now(request: HttpRequest, page: AbstractPage) -> JsonObject | None:
        """Return where a page stands among those that the user sees, as a move back there names it."""
        if page.parent_id is None:
            return None
        siblings = visible_pages(request).non_polymorphic().filter(parent_id=page.parent_id)
        before = siblings.filter(lft__lt=page.lft).order_by("-lft").first()
        if before is not None:
            return {"target": before.pk, "position": "after"}
        after = siblings.filter(lft__gt=page.lft).order_by("lft").first()
        if after is not None:
            return {"target": after.pk, "position": "before"}
        return {"target": page.parent_id, "position": "first-child"}

    def _list_of(self, parent_id: int | None) -> str:
        return self.link("changelist", parent=parent_id) if parent_id else self.link("changelist")

    def _goal(self, request: HttpRequest, page: AbstractPage) -> tuple[AbstractPage, Any]:
        """Return the target and position of a move, both among what the user sees. Raises InvalidMove, Http404."""
        if request.POST.get("target"):
            position = request.POST.get("position", "last-child")
            if position not in POSITIONS:
                raise InvalidMove
            return self.find_page(request, request.POST["target"]), position
        direction = request.POST.get("direction", "")
        rows = visible_pages(request)
        siblings = rows.filter(parent_id=page.parent_id).exclude(pk=page.pk) if page.parent_id else rows.none()
        before = siblings.filter(lft__lt=page.lft).order_by("-lft").first() if direction in ("up", "in") else None
        if direction == "up":
            if before is None:
                raise InvalidMove(_("It is the first page here already."))
            return before, "before"
        if direction == "down":
            after = siblings.filter(lft__gt=page.lft).order_by("lft").first()
            if after is None:
                raise InvalidMove(_("It is the last page here already."))
            return after, "after"
        if direction == "in":
            if before is None:
                raise InvalidMove(_("There is no page before it that it could go into."))
            return before, "last-child"
        if direction == "out":
            parent = rows.filter(pk=page.parent_id).order_by().first() if page.parent_id else None
            if parent is None or parent.parent_id is None:
                raise InvalidMove(_("It cannot be moved further out."))
            return parent, "after"
        raise InvalidMove

    def _place_in_words(self, request: HttpRequest, page: AbstractPage) -> str:
        rows = visible_pages(request).non_polymorphic().order_by()
        siblings = rows.filter(parent_id=page.parent_id)
        parent = rows.filter(pk=page.parent_id).first()
        return _("“%(title)s” is now number %(number)d of %(count)d below “%(parent)s”.") % {
            "title": short(page.title, 60),
            "number": siblings.filter(lft__lte=page.lft).count(),
            "count": siblings.count(),
            "parent": short(parent.title, 60) if parent is not None else "…",
        }

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "change")
        form = MoveForm(request, self.admin_site.name, request.POST if request.method == "POST" else None)
        if form.is_valid():
            values = form.cleaned_data
            try:
                moved = move_page(
                    page, values["target"], actor=Actor.from_request(request), position=values["position"]
                )
            except TreeTooLarge:
                return self.later(request, "move", page, target=values["target"], position=values["position"])
            except RequestRefused as error:
                put_errors(form, error)
            else:
                self.tell(request, self._place_in_words(request, moved))
                return HttpResponseRedirect(self._list_of(moved.parent_id))
        return self.show_step(
            request,
            page,
            _("Move"),
            form,
            _("Move the page"),
            _("The pages below it move along; published ones leave redirects."),
        )

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"title": _("Copy of %(title)s") % {"title": page.title}, "target": page.parent_id or page.pk}
        data = request.POST if request.method == "POST" else None
        form = CopyForm(request, self.admin_site.name, data, initial=initial)
        if form.is_valid():
            values = form.cleaned_data
            try:
                twin = copy_page(
                    page,
                    values["target"],
                    actor=Actor.from_request(request),
                    title=values["title"],
                    slug="",
                    recursive=values["recursive"],
                )
            except TreeTooLarge:
                return self.later(request, "copy", page, target=values["target"], title=values["title"])
            except RequestRefused as error:
                put_errors(form, error)
            else:
                self.log_addition(request, twin, [{"added": {}}])
                self.tell(request, _("This is the copy, a draft."))
                return HttpResponseRedirect(self.link("change", twin.pk))
        return self.show_step(
            request, page, _("Copy"), form, _("Copy the page"), _("Copies are drafts until they are published.")
        )
