"""Who answers for what: acceptances, the dossier of a page on paper, what waits, and the report of what models wrote."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.dateparse import parse_datetime
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor
from ai_cms.llm.reports.charts import bar_chart
from ai_cms.pages.differences import OPERATIONS
from ai_cms.pages.rows import short

from ..acceptances import accept_published
from ..authorship import authored_rows, authorship_summary, row_of
from ..dossiers import acceptance_record, page_dossier
from ..models import Acceptance
from ..reading import csv_lines, waiting_of
from .acts import EvidenceAdmin
from .forms import ReportForm

__all__ = ["AcceptanceAdmin"]

KIND_WORDS = {
    "person": gettext_lazy("Written by a person"),
    "imported": gettext_lazy("Imported"),
    "rules": gettext_lazy("Made by rules, without a model"),
    "model_accepted": gettext_lazy("Written by a model, accepted by a person"),
    "model_accepted_edited": gettext_lazy("Written by a model, accepted and changed by a person"),
    "model_unreviewed": gettext_lazy("Written by a model; nobody answers for it"),
    "unknown": gettext_lazy("Not known"),
}
DECISIONS = {
    "accepted": gettext_lazy("Accepted"),
    "rejected": gettext_lazy("Left out"),
    "stale": gettext_lazy("Out of date"),
}
PER_PAGE = 100


class AcceptanceAdmin(EvidenceAdmin):
    """Acceptances; nothing of them is ever changed."""

    change_list_template = "admin/ai_cms_evidence/acceptance/list.html"
    list_display = ["at", "page_title", "person_name", "agent", "model", "shown_confirmed"]
    list_display_links = ["page_title"]
    list_filter = ["at", "by_policy"]
    search_fields = ["page_title", "page_path", "person_name", "agent", "model", "call"]
    date_hierarchy = "at"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("shown", "changes")

    @admin.display(description=gettext_lazy("page"), ordering="page_title")
    def page_title(self, obj: Any) -> str:
        return short(obj.page_title)

    @admin.display(description=gettext_lazy("seen as stored"), boolean=True)
    def shown_confirmed(self, obj: Acceptance) -> bool:
        return obj.shown_to_person == obj.shown_digest

    def get_urls(self) -> list[URLPattern]:
        own = [
            self.route("report/", self.report_view, "report", "GET"),
            self.route("report.csv", self.csv_view, "csv", "GET"),
            self.route("page/<int:page_id>/", self.dossier_view, "dossier", "GET"),
            self.route("page/<int:page_id>/evidence.json", self.json_view, "json", "GET"),
            self.route("page/<int:page_id>/answer/", self.answer_view, "answer", "GET", "POST"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: TemplateContext | None = None) -> HttpResponse:
        extra = {"title": _("Who answers for what"), "report_url": self.link("report")}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: TemplateContext | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        try:
            key = UUID(object_id)
        except ValueError as error:
            raise Http404 from error
        acceptance = Acceptance.objects.filter(pk=key).select_related("page").first()
        if acceptance is None or not self.may(request, "view", acceptance):
            raise Http404
        record = acceptance_record(acceptance)
        return self.show(
            request,
            "acceptance/detail.html",
            _("Accepted by %(name)s") % {"name": acceptance.person_name or "—"},
            crumbs=[(short(acceptance.page_title, 40), "")],
            record=record,
            shown=_worded(record["shown"]),
            acceptance=acceptance,
            edits=_edits(record["changes"].get("edits") or {}),
            dossier=self.link("dossier", acceptance.page_id) if acceptance.page_id else "",
        )

    # One page

    def dossier_view(self, request: HttpRequest, page_id: int) -> HttpResponse:
        """Show the evidence of a page, ready to be printed or kept as a PDF."""
        page = self.find_page(request, page_id)
        dossier = page_dossier(page, actor=Actor.from_request(request), draft=request.GET.get("draft") == "1")
        blocks = [
            {
                **block,
                "words": KIND_WORDS[block["kind"]],
                "when": _when(block["written_at"]),
                "answered": _when((block["answers"] or {}).get("at")),
            }
            for block in dossier["blocks"]
        ]
        summary = [(words, dossier["summary"][kind]) for kind, words in KIND_WORDS.items() if dossier["summary"][kind]]
        return self.show(
            request,
            "acceptance/dossier.html",
            _("Evidence: %(page)s") % {"page": short(dossier["page"]["title"])},
            crumbs=[
                *self.trail(request, page),
                (short(page.title, 30), self.page_link("change", page.pk)),
                (_("Evidence"), ""),
            ],
            dossier=dossier,
            blocks=blocks,
            published=_when(dossier["page"]["published_at"]),
            made=_when(dossier["made_at"]),
            acceptances=[
                {**one, "when": _when(one["at"]), "shown": _worded(one["shown"])} for one in dossier["acceptances"]
            ],
            summary=summary,
            json_url=self.link("json", page.pk, **({"draft": "1"} if request.GET.get("draft") == "1" else {})),
            answer_url=self.link("answer", page.pk)
            if dossier["page"]["state"] == "published"
            and dossier["summary"]["model_unreviewed"]
            and self.may(request, "change", page)
            else "",
        )

    def json_view(self, request: HttpRequest, page_id: int) -> HttpResponse:
        """Answer with the signed record as a file."""
        page = self.find_page(request, page_id)
        dossier = page_dossier(page, actor=Actor.from_request(request), draft=request.GET.get("draft") == "1")
        response = HttpResponse(json.dumps(dossier, indent=2), content_type="application/json")
        name = slugify(page.title)[:60] or "page"
        response["Content-Disposition"] = f'attachment; filename="evidence-{name}-{page.pk}.json"'
        return response

    def answer_view(self, request: HttpRequest, page_id: int) -> HttpResponse:
        """Show what waits for somebody to answer for it, and take that from the user."""
        page = self.find_page(request, page_id, "change")
        if request.method == "POST":
            chosen = request.POST.getlist("block")

            def work() -> None:
                shown = request.POST.get("shown", "")[:64]
                accept_published(page, actor=Actor.from_request(request), shown=shown, blocks=chosen)

            done = _("You answer for it from now on; that is kept with what you were shown.")
            return self.carry_out(
                request, work, done=done, then=self.link("dossier", page.pk), otherwise=self.link("answer", page.pk)
            )
        return self.show(
            request,
            "acceptance/answer.html",
            _("Answer for what a model wrote: %(page)s") % {"page": short(page.title)},
            crumbs=[(short(page.title, 30), self.link("dossier", page.pk)), (_("Answer"), "")],
            waiting=waiting_of(page),
            dossier_url=self.link("dossier", page.pk),
        )

    # The report

    def report_view(self, request: HttpRequest) -> HttpResponse:
        """Show what of the public text models wrote, and who answers for it."""
        form = ReportForm(request.GET)
        if not form.is_valid():
            return self.show(
                request,
                "acceptance/report.html",
                _("What models wrote"),
                crumbs=[(_("What models wrote"), "")],
                form=form,
            )
        actor = Actor.from_request(request)
        found = authored_rows(form.chosen, actor=actor)
        summary = authorship_summary(form.chosen, actor=actor)
        paginator = Paginator(found, PER_PAGE)
        page = paginator.get_page(request.GET.get("page"))
        query = {name: value for name, value in request.GET.items() if value and name != "page"}
        return self.show(
            request,
            "acceptance/report.html",
            _("What models wrote"),
            crumbs=[(_("What models wrote"), "")],
            form=form,
            summary=summary,
            share=round(summary["share_unreviewed"] * 100, 1),
            chart=bar_chart(
                [(row["model"] or _("unnamed"), row["blocks"], str(row["blocks"])) for row in summary["models"]]
            ),
            rows=[{**row_of(row), "url": self.link("dossier", row.page_key)} for row in page],
            page=page,
            query=urlencode(query),
            csv_url=self.link("csv", **query),
        )

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the report as CSV."""
        form = ReportForm(request.GET)
        if not form.is_valid():
            return HttpResponseRedirect(self.link("report", **request.GET.dict()))
        lines = csv_lines(form.chosen, actor=Actor.from_request(request))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="authorship.csv"'
        return response


def _worded(shown: list[JsonObject]) -> list[JsonObject]:
    """Return what was shown with words for what each change does and what became of it."""
    return [
        {
            **change,
            "op_word": OPERATIONS.get(change["op"], _("Looked at")),
            "decision_word": DECISIONS.get(str(change.get("decision") or ""), ""),
        }
        for change in shown
    ]


def _when(text: str | None) -> datetime | None:
    """Return a time of a record, to be shown as people read it."""
    try:
        return parse_datetime(text) if text else None
    except ValueError:
        return None


def _edits(edits: JsonObject) -> list[tuple[str, str, str, str]]:
    """Return what a person changed before accepting: block, property, before and after."""
    return [
        (block, name, str(change["before"].get(name, "")), str(change["after"].get(name, "")))
        for block, change in edits.items()
        for name in sorted({*change["before"], *change["after"]})
        if change["before"].get(name) != change["after"].get(name)
    ]
