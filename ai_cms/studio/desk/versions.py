"""The history of a page: its versions, two of them side by side as they look, and going back to one."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from ai_cms.core.exceptions import NotFound, RequestRefused
from ai_cms.core.users import public_name
from ai_cms.pages.differences import between, field_differences
from ai_cms.pages.models import AbstractPage, Publication, Revision, RevisionKind
from ai_cms.pages.rendering import draft_at
from ai_cms.pages.rows import short
from ai_cms.pages.services import restore_revision
from ai_cms.pages.snapshots import take_snapshot
from ai_cms.pages.views import draft_response

from ..links import edit_url, link
from ..statuses import kept_word
from .base import DeskView, key_of
from .undo import undos

__all__ = ["CompareView", "RestoreRevisionView", "VersionFrameView", "VersionsView"]

PER_PAGE = 50


class HistoryPage(DeskView):
    """A view of one page's versions."""

    room = "pages"

    def revision(self, page: AbstractPage, number: object) -> Revision:
        """Return a version of a page by its number. Raises NotFound."""
        key = key_of(number)
        rows = Revision.objects.select_related("author")
        found = rows.filter(page_id=page.pk, number=key).first() if key is not None and key < 2**31 else None
        if found is None:
            raise NotFound
        return found

    def trail(self, page: AbstractPage) -> list[dict[str, str]]:
        """Return the pages above one, and itself."""
        above = self.pages.above(page)
        steps = [{"title": short(found.title, 30), "url": link("tree", parent=found.pk)} for found in above]
        return [*steps, {"title": short(page.title, 30), "url": edit_url(page.pk)}]


def who_made(revision: Revision) -> str:
    """Return who made a version."""
    return public_name(revision.author) if revision.author is not None else revision.agent


class VersionsView(HistoryPage):
    """All versions, the newest first; any two are chosen to be compared."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page(pk)
        rows = Revision.objects.filter(page_id=page.pk).select_related("author").defer("content_json", "fields")
        pages = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        live = Publication.objects.filter(page_id=page.pk, active=True).values_list("revision", flat=True).first()
        listed = [
            {
                "revision": row,
                "kept": kept_word(row.kind),
                "who": who_made(row),
                "live": row.number == live,
                "planned": row.number == page.scheduled_revision,
                "now": row.number == page.latest_revision and row.kind != RevisionKind.CONFLICT,
                "conflict": row.kind == RevisionKind.CONFLICT,
            }
            for row in pages.object_list
        ]
        return self.show(
            "versions.html",
            _("History of “%(title)s”") % {"title": short(page.title, 60)},
            page=page,
            pages=pages,
            query="",
            listed=listed,
            trail=self.trail(page),
            may_change=self.may("change", page),
            edit=edit_url(page.pk),
        )


class CompareView(HistoryPage):
    """Two versions side by side as they look, the older one first, and what differs in words; without ``to``, the draft."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page(pk)
        old = self.revision(page, request.GET.get("from", ""))
        new = self.revision(page, request.GET["to"]) if request.GET.get("to") else None
        if new is not None and new.number < old.number:
            old, new = new, old
        document = page.content_json if new is None else new.content_json
        after = take_snapshot(page) if new is None else new.snapshot
        differences = between(request, page, old.content_json, document)
        return self.show(
            "compare.html",
            _("Compare “%(title)s”") % {"title": short(page.title, 60)},
            page=page,
            old=old,
            new=new,
            old_who=who_made(old),
            new_who=who_made(new) if new is not None else "",
            fields=field_differences(page, old.snapshot, after),
            differences=differences,
            trail=self.trail(page),
            may_change=self.may("change", page),
            edit=edit_url(page.pk),
        )


@method_decorator(xframe_options_sameorigin, name="dispatch")
class VersionFrameView(HistoryPage):
    """A page as a version has it, or (number 0) as its draft is, for a frame."""

    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        page = self.page(pk)
        return draft_response(request, page if number == 0 else draft_at(page, self.revision(page, number)))


class RestoreRevisionView(HistoryPage):
    """Make a version the draft again; what the draft was is one step back."""

    def post(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        page = self.page(pk, "change")
        revision = self.revision(page, number)
        then = link("versions", page.pk)
        version = key_of(request.POST.get("version", ""))
        try:
            restored = restore_revision(page, number, actor=self.actor, expected_version=version)
        except RequestRefused as error:
            return self.not_done(error, then=then)
        undo = {"undo": "revision", "page": page.pk, "number": page.latest_revision, "version": restored.version}
        text = _("The draft is as it was in version %(number)d.") % {"number": revision.number}
        return self.told(text, then=then, undo=undo)


def _back_to(view: DeskView, values: dict[str, Any]) -> str:
    page = view.page(values["page"], "change")
    restore_revision(page, values["number"], actor=view.actor, expected_version=values["version"])
    return _("The draft is as it was before.")


undos.register("revision", _back_to)
