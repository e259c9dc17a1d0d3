"""Write a résumé in a form: the same entries again, and an empty one of each kind for what is new."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.web import refusal_texts
from ai_cms.portfolio import get_resume_model
from ai_cms.portfolio.models import AbstractResume
from ai_cms.portfolio.resumes.editing import (
    basics_answers,
    entry_answers,
    with_basics,
    with_entries,
    with_words,
    word_answers,
)
from ai_cms.portfolio.services import create_row, update_row
from ai_cms.portfolio.services.tailoring import tailors

from .base import MyTemplateView
from .library import KindPage
from .resume_forms import BasicsForm, EducationFormSet, WorkFormSet
from .resume_proposals import open_proposals

__all__ = ["ResumeView"]

_WORDS = {"skills": "name", "languages": "language"}
_PARTS = {"work": WorkFormSet, "education": EducationFormSet}


class ResumeView(KindPage, MyTemplateView):
    """A new résumé, or one's own."""

    template_name = "ai_cms/portfolio/web/resume.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        row = self.row() if "pk" in self.kwargs else None
        return self._page(row, *self._forms(row, None))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        row = self.row() if "pk" in self.kwargs else None
        form, sets = self._forms(row, request.POST)
        # All of them, so that everything that is wrong is said at once.
        if not all([form.is_valid(), *(entries.is_valid() for entries in sets.values())]):
            return self._page(row, form, sets)
        try:
            self._save(row, form, sets)
        except RequestRefused as error:
            for texts in refusal_texts(error).values():
                form.add_error(None, texts)
            return self._page(row, form, sets)
        if "more" in request.POST:
            self.notice(_("Saved."))
            return self.go("edit", "resumes", self.saved.pk)
        self.notice(_("Saved. Portfolios show it once they are published again."))
        return self.go("library", "resumes")

    def _forms(self, row: AbstractResume | None, data: QueryDict | None) -> tuple[BasicsForm, dict[str, Any]]:
        content = {} if row is None else row.content
        initial: dict[str, Any] = {"title": "" if row is None else row.title, **basics_answers(content)}
        for part, key in _WORDS.items():
            initial[part] = ", ".join(word_answers(content, part, key))
        sets = {
            part: make(
                data,
                prefix=part,
                initial=[{"number": number, **values} for number, values in enumerate(entry_answers(content, part))],
            )
            for part, make in _PARTS.items()
        }
        return BasicsForm(data, initial=initial), sets

    def _save(self, row: AbstractResume | None, form: BasicsForm, sets: dict[str, Any]) -> None:
        answers = {name: _lines(value) for name, value in form.cleaned_data.items()}
        content = with_basics({} if row is None else row.content, answers)
        for part, key in _WORDS.items():
            if part in form.changed_data:
                words = [word.strip() for word in answers[part].split(",") if word.strip()]
                content = with_words(content, part, key, words)
        for part, entries in sets.items():
            kept = [
                (values.pop("number", None), {name: _lines(text) for name, text in values.items()})
                for values in (dict(entry.cleaned_data) for entry in entries if entry not in entries.deleted_forms)
            ]
            content = with_entries(content, part, kept)
        if row is None:
            self.saved = create_row(get_resume_model(), actor=self.actor, title=answers["title"], content=content)
        else:
            self.saved = update_row(row, actor=self.actor, title=answers["title"], content=content)

    def _page(self, row: AbstractResume | None, form: BasicsForm, sets: dict[str, Any]) -> HttpResponse:
        headings = {"work": _("Work"), "education": _("Education")}
        context = self.get_context_data(
            title=_("Write a résumé") if row is None else str(row),
            kind="resumes",
            row=row,
            form=form,
            sets=[(part, headings[part], entries) for part, entries in sets.items()],
            proposals=[] if row is None else open_proposals(row, self.actor),
            can_tailor=row is not None and len(tailors) > 0,
            wrong=bool(form.errors) or any(any(entries.errors) for entries in sets.values()),
        )
        return self.render_to_response(context)


def _lines(value: object) -> str:
    # Browsers send lines ended as Windows has them.
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""
