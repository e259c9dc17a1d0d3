"""The history of a page: its revisions, any two side by side, restoring one; and what to do when two people wrote at once."""

from __future__ import annotations

import copy
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from ai_cms.blocks.documents.merge import merge_documents
from ai_cms.blocks.exceptions import InvalidDocument
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.permissions import Actor

from ...core.jsontypes import JsonObject
from ..differences import between, field_differences
from ..models import AbstractPage, Revision, RevisionKind
from ..rendering import draft_at
from ..rows import short
from ..services import restore_revision, update_page
from ..snapshots import assign_fields, take_snapshot
from ..views import draft_response
from .base import PagesAdmin

__all__ = ["HistoryViews"]

PER_PAGE = 50


class HistoryViews(PagesAdmin):
    """The views of a page's revisions."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("<int:pk>/history/", self.revisions_view, "history", "GET"),
            self.route("<int:pk>/draft/", self.draft_preview, "draft", "GET"),
            self.route("<int:pk>/unsaved/", self.unsaved_preview, "unsaved", "POST"),
            self.route("<int:pk>/compare/", self.compare_view, "compare", "GET"),
            self.route("<int:pk>/revisions/<int:number>/", self.revision_view, "revision", "GET"),
            self.route("<int:pk>/revisions/<int:number>/preview/", self.revision_preview, "revision_preview", "GET"),
            self.route(
                "<int:pk>/revisions/<int:number>/restore/", self.restore_revision_view, "revision_restore", "POST"
            ),
            self.route("<int:pk>/conflict/<int:number>/", self.conflict_view, "conflict", "GET", "POST"),
        ]

    def _revision(self, page: AbstractPage, number: object) -> Revision:
        text = str(number)
        if not text.isdecimal() or len(text) > 9:
            raise Http404
        found = Revision.objects.select_related("author").filter(page_id=page.pk, number=int(text)).first()
        if found is None:
            raise Http404
        return found

    def _crumbs(
        self, request: HttpRequest, page: AbstractPage, step: object, *between_: tuple[str, str]
    ) -> list[tuple[str, str]]:
        trail = self.trail(request, page)
        return [*trail, (short(page.title, 30), self.link("change", page.pk)), *between_, (str(step), "")]

    def revisions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk)
        rows = Revision.objects.filter(page_id=page.pk).select_related("author").defer("content_json", "fields")
        pages = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        publication = getattr(page, "publication", None)
        return self.show(
            request,
            "page/history.html",
            _("History: %(title)s") % {"title": short(page.title)},
            crumbs=self._crumbs(request, page, _("History")),
            page=page,
            pages=pages,
            revisions=pages.object_list,
            published=publication.revision if publication is not None else None,
            scheduled=page.scheduled_revision,
            may_change=self.may(request, "change", page),
            query="",
        )

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show two revisions side by side, the older one first; without ``to`` the draft as it is now."""
        page = self.find_page(request, pk)
        old = self._revision(page, request.GET.get("from", ""))
        new = self._revision(page, request.GET["to"]) if request.GET.get("to") else None
        if new is not None and new.number < old.number:
            old, new = new, old
        document = page.content_json if new is None else new.content_json
        after = take_snapshot(page) if new is None else new.snapshot
        return self.show(
            request,
            "page/compare.html",
            _("Compare: %(title)s") % {"title": short(page.title)},
            crumbs=self._crumbs(request, page, _("Compare"), (_("History"), self.link("history", page.pk))),
            page=page,
            old=old,
            new=new,
            fields=field_differences(page, old.snapshot, after),
            differences=between(request, page, old.content_json, document),
            may_change=self.may(request, "change", page),
            preview_url=self.preview_url(page),
        )

    def revision_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        page = self.find_page(request, pk)
        revision = self._revision(page, number)
        title = _("Revision %(number)d: %(title)s") % {"number": number, "title": short(revision.title)}
        return self.show(
            request,
            "page/revision.html",
            title,
            crumbs=self._crumbs(request, page, f"#{number}", (_("History"), self.link("history", page.pk))),
            page=page,
            revision=revision,
            may_change=self.may(request, "change", page),
        )

    def draft_preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the draft, where the project does not mount the library's own preview."""
        return _framed(request, self.find_page(request, pk))

    def unsaved_preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the page as the form that is sent has it; nothing is saved."""
        page = self.find_page(request, pk, "change")
        form = self.form_class(request, type(page))(  # type: ignore[attr-defined]
            request.POST, request.FILES, request=request, page=page, site_name=self.admin_site.name
        )
        # What is right is shown, whatever else is wrong.
        form.is_valid()
        shown = copy.copy(page)
        fields = {name: value for name, value in form.field_values().items() if name in form.cleaned_data}
        try:
            assign_fields(shown, fields)
        except RequestRefused as error:
            self.tell_refusal(request, error)
        if "content_json" in form.cleaned_data:
            shown.content_json = form.cleaned_data["content_json"]
        return _framed(request, shown)

    def preview_url(self, page: AbstractPage) -> str:
        """Return where the draft can be looked at."""
        try:
            return reverse("ai_cms_pages:preview", args=[page.pk])
        except NoReverseMatch:
            return self.link("draft", page.pk)

    def revision_preview(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Answer with the page as a revision has it, for a frame."""
        page = self.find_page(request, pk)
        return _framed(request, draft_at(page, self._revision(page, number)))

    def restore_revision_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        page = self.find_page(request, pk, "change")
        version = request.POST.get("version", "")
        expected = int(version) if version.isdecimal() and len(version) < 10 else None

        def work() -> None:
            restore_revision(page, number, actor=Actor.from_request(request), expected_version=expected)

        done = _("The draft is as it was in revision %(number)d. What it was before is in the history.") % {
            "number": number
        }
        history = self.link("history", page.pk)
        return self.carry_out(request, work, done=done, then=self.link("change", page.pk), otherwise=history)

    # Two people at once

    def conflict_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Show what was refused beside what stands there now, with the ways to go on."""
        page = self.find_page(request, pk, "change")
        mine = self._revision(page, number)
        if mine.kind != RevisionKind.CONFLICT:
            raise Http404
        if request.method == "POST":
            return self._settle(request, page, mine)
        merged = self._merged(page, mine)
        return self.show(
            request,
            "page/conflict.html",
            _("Someone else was faster: %(title)s") % {"title": short(page.title)},
            crumbs=self._crumbs(request, page, _("Conflict")),
            page=page,
            mine=mine,
            theirs=Revision.objects.filter(page_id=page.pk, version=page.version)
            .exclude(kind=RevisionKind.CONFLICT)
            .select_related("author")
            .first(),
            can_merge=merged is not None,
            fields=field_differences(page, take_snapshot(page), mine.snapshot),
            differences=between(request, page, page.content_json, mine.content_json),
        )

    def _merged(self, page: AbstractPage, mine: Revision) -> tuple[JsonObject, Any] | None:
        """Return fields and document with both edits in them, or ``None`` where they touch the same."""
        base = (
            Revision.objects.filter(page_id=page.pk, version=mine.version).exclude(kind=RevisionKind.CONFLICT).first()
        )
        if base is None:
            return None
        old, theirs = base.snapshot, take_snapshot(page)
        own = {name: value for name, value in mine.snapshot.items() if value != old.get(name)}
        if any(theirs.get(name) not in (old.get(name), value) for name, value in own.items()):
            return None
        merged = merge_documents(base.content_json, mine.content_json, page.content_json)
        if merged.conflicts:
            return None
        try:
            merged.document.check_structure(page.allowed_blocks)
        except InvalidDocument:
            return None
        return own, merged.document

    def _settle(self, request: HttpRequest, page: AbstractPage, mine: Revision) -> HttpResponse:
        actor = Actor.from_request(request)
        choice = request.POST.get("choice", "")
        version = request.POST.get("version", "")
        expected = int(version) if version.isdecimal() and len(version) < 10 else 0
        again = self.link("conflict", page.pk, mine.number)
        change = self.link("change", page.pk)
        if choice == "theirs":
            self.tell(
                request, _("The other text stays. Yours is kept in the history as number %(n)d.") % {"n": mine.number}
            )
            return HttpResponseRedirect(change)
        merged = self._merged(page, mine) if choice == "both" else None
        if page.version != expected or (choice == "both" and merged is None) or choice not in ("both", "mine"):
            self.tell(request, _("The page was changed again meanwhile. Look at both texts once more."), 30)
            return HttpResponseRedirect(again)

        def work() -> None:
            if merged is None:
                restore_revision(page, mine.number, actor=actor, expected_version=expected)
            else:
                values, document = merged
                update_page(page, actor=actor, fields=values, content=document.to_json(), expected_version=expected)

        done = _("Your text is the draft now. The other one is in the history.")
        if merged is not None:
            done = _("Both edits are in the draft now.")
        try:
            work()
        except RequestRefused as error:
            self.tell_refusal(request, error)
            return HttpResponseRedirect(again)
        self.tell(request, done)
        return HttpResponseRedirect(change)


@xframe_options_sameorigin
def _framed(request: HttpRequest, page: AbstractPage) -> HttpResponse:
    return draft_response(request, page)
