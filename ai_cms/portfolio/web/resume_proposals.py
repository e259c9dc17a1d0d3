"""Fit a résumé to a job: ask for a proposal, look at it as a difference, take all of it or some, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.mappings import CleanedData, TemplateContext
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.core.web import refusal_texts
from ai_cms.pages.changes import text_difference
from ai_cms.portfolio.models import ResumeProposal, ResumeProposalStatus
from ai_cms.portfolio.resumes.changes import list_places, value_at
from ai_cms.portfolio.resumes.refusals import refusal_reason
from ai_cms.portfolio.resumes.sources import Source, row_source
from ai_cms.portfolio.services import accept_resume_proposal, reject_resume_proposal
from ai_cms.portfolio.services.tailoring import is_stale, sources_of, tailors

from .base import MyTemplateView, address
from .library import KindPage, RowFormView

__all__ = ["ProposalView", "TailorView", "open_proposals"]

#: What the places of a résumé are called.
_FIELDS = {
    "summary": _("Summary"),
    "description": _("Description"),
    "highlights": _("What came of it"),
    "keywords": _("Words"),
    "skills": _("Skills"),
    "projects": _("Projects"),
    "certificates": _("Certificates"),
    "publications": _("Publications"),
    "interests": _("Interests"),
    "languages": _("Languages"),
}


def open_proposals(resume: Any, actor: Actor) -> QuerySet[ResumeProposal]:
    """Return the proposals for a résumé that wait for its owner."""
    rows = ResumeProposal.objects.filter(resume=resume, status=ResumeProposalStatus.OPEN)
    return get_policy(ResumeProposal).visible(actor, rows).only("title", "created_at", "resume_id")


class TailorForm(forms.Form):
    job_advert = forms.CharField(
        label=_("Job advertisement"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "Paste its text. The AI of this site reads it together with your résumé, projects and skills, "
            "without your e-mail address and telephone number."
        ),
    )


class TailorView(RowFormView):
    """Ask for a proposal; the answer may take a while."""

    title = _("Fit it to a job")
    submit = _("Propose changes")
    intro = _(
        "You get changes to look at, made of your résumé, projects and skills alone: each names the rows it comes from, and "
        "what they do not say is refused. Nothing is changed until you accept it."
    )

    def get_form_class(self) -> type[forms.Form]:
        return TailorForm

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(**{"title": self.title, "thing": str(self.row()), **kwargs})

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not len(tailors):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        resume = self.row()
        tailor = tailors[next(iter(tailors))]
        advert = data["job_advert"].replace("\r\n", "\n")
        proposal = tailor(resume, advert, actor=self.actor, request=self.request)
        if proposal is None:
            self.notice(_("There is nothing to change for this job: the résumé says it as well as its rows can."))
            return self.go("resume", resume.pk)
        return self.go("resume-proposal", resume.pk, proposal.pk)


class ProposalView(KindPage, MyTemplateView):
    """A proposal as a difference, with a box for each change."""

    template_name = "ai_cms/portfolio/web/resume_proposal.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return self._page(self._proposal())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        proposal = self._proposal()
        chosen = request.POST.getlist("changes")
        try:
            if "reject" in request.POST:
                reject_resume_proposal(proposal, actor=self.actor)
                self.notice(_("Rejected. The résumé is as it was."))
                return self.go("resume", proposal.resume_id)
            if not chosen:
                return self._page(proposal, [str(_("Choose at least one change, or reject the proposal."))])
            decided = accept_resume_proposal(proposal, actor=self.actor, changes=chosen)
        except RequestRefused as error:
            told = [text for texts in refusal_texts(error).values() for text in texts]
            return self._page(self._proposal(), told, chosen, status=error.status_code)
        count = len(chosen)
        self.notice(
            ngettext("%(count)d change is in the résumé.", "%(count)d changes are in the résumé.", count)
            % {"count": count}
        )
        if decided.status == ResumeProposalStatus.OPEN:
            return self.go("resume-proposal", decided.resume_id, decided.pk)
        return self.go("resume", decided.resume_id)

    def _proposal(self) -> ResumeProposal:
        resume = self.row()
        rows = get_policy(ResumeProposal).visible(self.actor, ResumeProposal.objects.filter(resume=resume))
        found: ResumeProposal = get_object_or_404(rows, pk=self.kwargs["proposal"])
        found.resume = resume
        return found

    def _page(
        self,
        proposal: ResumeProposal,
        problems: list[str] | None = None,
        chosen: list[str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        sources = sources_of(proposal.resume, actor=self.actor)
        is_open = proposal.status == ResumeProposalStatus.OPEN
        changes = [
            {
                **_shown(change, proposal.base, sources),
                "state": str(proposal.state_of(change)),
                "checked": chosen is None or change["id"] in chosen,
            }
            for change in proposal.changes
        ]
        context = self.get_context_data(
            title=proposal.title,
            kind="resumes",
            row=proposal.resume,
            proposal=proposal,
            changes=changes,
            refused=[
                {**_shown(refused, proposal.base, sources), "reason": refusal_reason(refused)}
                for refused in proposal.refused
            ],
            is_open=is_open,
            stale=is_open and is_stale(proposal),
            waiting=is_open and any(change["state"] == "open" for change in changes),
            problems=problems or [],
            again=address("resume-tailor", proposal.resume_id) if len(tailors) else "",
        )
        return self.render_to_response(context, status=status)


def _shown(change: JsonMapping, base: JsonMapping, sources: Mapping[str, Source]) -> JsonObject:
    """Return what the page shows of a change: where it is, what becomes of the text or list, and where that comes from."""
    shown: JsonObject = {"id": change.get("id", ""), "place": _place(change["path"], base), "op": change["op"]}
    if change["op"] == "order":
        items = list_places(base).get(change["path"], [])
        names = [_name(item) for item in items]
        known = [index for index in change["order"] if 0 <= index < len(names)]
        return {**shown, "old_order": names, "new_order": [names[index] for index in known]}
    keys = dict.fromkeys(key for claim in change["claims"] for key in claim["sources"])
    return {
        **shown,
        "difference": text_difference(change["before"], change["value"]),
        "claims": [
            {"text": claim["text"], "sources": [_called(key, sources) for key in claim["sources"]]}
            for claim in change["claims"]
        ],
        "sources": [_called(key, sources) for key in keys],
    }


def _called(key: str, sources: Mapping[str, Source]) -> str:
    source = sources.get(key)
    if key == "basics":
        return str(_("the head of the résumé"))
    return key if source is None else source.label


def _name(item: object) -> str:
    if isinstance(item, dict):
        name = next((item[key] for key in ("name", "title", "language") if item.get(key)), "")
        return str(name) or row_source("", "", item).text[:80]
    return str(item)


def _place(path: str, base: JsonMapping) -> str:
    """Return a path in words: ``/work/0/summary`` as “Lead, Harbour Office: Summary”."""
    steps = path.split("/")[1:]
    field = next((step for step in reversed(steps) if step in _FIELDS), "")
    name = str(_FIELDS.get(field, path[:100]))
    entry = value_at(base, "/".join(["", *steps[:2]])) if len(steps) > 2 else None
    if not isinstance(entry, dict):
        return name
    of_entry = [entry[key] for key in ("position", "name", "organization") if isinstance(entry.get(key), str)]
    return f"{', '.join(of_entry)}: {name}" if of_entry else name
