"""Move pages: one step at a time, to a place named by the script of the tree, or to a page chosen in a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.permissions import Actor

from ..exceptions import PageNotFound, TreeTooLarge
from ..models import AbstractPage
from ..placing import address_question, goal_of, place_in_words, place_now
from ..services import copy_page, move_page
from .base import explain
from .choosing import PageChoiceField
from .forms import put_errors
from .work import WorkViews

__all__ = ["MovingViews"]


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


def _goal(request: HttpRequest, page: AbstractPage) -> tuple[AbstractPage, Any]:
    try:
        return goal_of(request, page, request.POST.dict())
    except PageNotFound as error:
        raise Http404 from error


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
            target, position = _goal(request, page)
            question = "" if "confirmed" in request.POST else address_question(page, target, position)
            if question:
                if wants_json:
                    return JsonResponse({"ask": question})
                values = {"target": target.pk, "position": position, "confirmed": 1}
                place = self.link("place", page.pk)
                return self.show_step(
                    request, page, _("Move"), None, _("Move the page"), question, action=place, values=values
                )
            undo = place_now(request, page)
            moved = move_page(page, target, actor=Actor.from_request(request), position=position)
        except RequestRefused as error:
            if wants_json:
                return JsonResponse({"detail": " ".join(explain(error))}, status=error.status_code)
            self.tell_refusal(request, error)
            return HttpResponseRedirect(self._list_of(page.parent_id))
        text = place_in_words(request, moved)
        if wants_json:
            answer = {"message": text, "parent": moved.parent_id, "old_parent": page.parent_id, "undo": undo}
            return JsonResponse(answer)
        self.tell(request, text)
        return HttpResponseRedirect(self._list_of(moved.parent_id))

    def _list_of(self, parent_id: int | None) -> str:
        return self.link("changelist", parent=parent_id) if parent_id else self.link("changelist")

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
                self.tell(request, place_in_words(request, moved))
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
