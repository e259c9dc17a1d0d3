"""What portfolios are made of: one's own projects, skills and résumés."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ai_cms.core.mappings import CleanedData, Columns, TemplateContext
from ai_cms.core.permissions import get_policy
from ai_cms.core.web import PlainForm
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.models import OwnedRow
from ai_cms.portfolio.resumes.files import resume_file
from ai_cms.portfolio.services import create_row, delete_row, import_resume, update_row
from ai_cms.portfolio.services.importing import read_resume

from .base import MyFormView, MyPage, MyTemplateView
from .forms import ImportForm, ProjectForm, ResumeForm, SkillForm

__all__ = ["AddView", "DeleteView", "EditView", "ExportView", "ImportView", "LibraryView"]


@dataclass(frozen=True)
class Kind:
    """One kind of row."""

    model: Callable[[], type[OwnedRow]]
    form: type[Form]
    title: str | Promise
    add: str | Promise
    empty: str | Promise


KINDS: dict[str, Kind] = {
    "projects": Kind(
        get_project_model,
        ProjectForm,
        _("Your projects"),
        _("Add a project"),
        _("No projects yet. Add what you have made: two or three good ones are enough."),
    ),
    "skills": Kind(
        get_skill_model,
        SkillForm,
        _("Your skills"),
        _("Add a skill"),
        _("No skills yet. Add what you would like to be asked about."),
    ),
    "resumes": Kind(
        get_resume_model,
        ResumeForm,
        _("Your résumés"),
        _("Write a résumé"),
        _("No résumé yet. Import a JSON Resume or what LinkedIn hands out."),
    ),
}


class KindPage(MyPage):
    """A page about one kind of row."""

    @property
    def kind(self) -> Kind:
        found = KINDS.get(self.kwargs.get("kind", "resumes"))
        if found is None:
            raise Http404
        return found

    @property
    def kind_name(self) -> str:
        return str(self.kwargs.get("kind", "resumes"))

    def rows(self) -> QuerySet[OwnedRow]:
        """Return one's own rows, whatever staff may see beside."""
        model = self.kind.model()
        rows = model.objects.of_owner(self.actor.user.pk)
        return get_policy(model).visible(self.actor, rows)

    def row(self) -> Any:
        """Return the row named in the path. Raises Http404."""
        found = self.rows().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found


class LibraryView(KindPage, MyTemplateView):
    """The rows of one kind."""

    template_name = "ai_cms/portfolio/web/library.html"

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        kind = self.kind
        return super().get_context_data(
            **{**kwargs, "title": kind.title, "kind": self.kind_name, "words": kind, "rows": self.rows()}
        )


class RowFormView(KindPage, MyFormView):
    """A form about one row."""

    back = "library"

    def get_form_class(self) -> type[Form]:
        return self.kind.form

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(kind=self.kind_name, back="library", **kwargs)

    def answer(self, text: object) -> HttpResponse:
        self.notice(text)
        return self.go("library", self.kind_name)


def _values(data: CleanedData) -> Columns:
    return {**data, "content": data["content"] or {}} if "content" in data else data


class AddView(RowFormView):
    """Another row."""

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(**{"title": self.kind.add, **kwargs})

    def carry_out(self, data: CleanedData) -> HttpResponse:
        create_row(self.kind.model(), actor=self.actor, **_values(data))
        return self.answer(_("Saved."))


class EditView(RowFormView):
    """Change a row."""

    def get_initial(self) -> CleanedData:
        row = self.row()
        values = {name: getattr(row, name) for name in self.kind.form.base_fields}
        if "technologies" in values:
            values["technologies"] = ", ".join(values["technologies"])
        return values

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(**{"title": str(self.row()), "row": self.row(), **kwargs})

    def carry_out(self, data: CleanedData) -> HttpResponse:
        update_row(self.row(), actor=self.actor, **_values(data))
        return self.answer(_("Saved. Portfolios show it once they are published again."))


class DeleteView(RowFormView):
    """Take a row away."""

    template_name = "ai_cms/portfolio/web/confirm.html"
    submit = _("Delete")

    def get_form_class(self) -> type[Form]:
        return PlainForm

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(**{"title": _("Delete this?"), "thing": str(self.row()), **kwargs})

    def carry_out(self, data: CleanedData) -> HttpResponse:
        delete_row(self.row(), actor=self.actor)
        return self.answer(_("It is deleted."))


class ImportView(RowFormView):
    """Take a résumé in."""

    title = _("Import a résumé")
    submit = _("Import")
    intro = _(
        "From LinkedIn: Settings, Data privacy, Get a copy of your data; the archive comes by mail. "
        "The file is read and not kept."
    )

    def get_form_class(self) -> type[Form]:
        return ImportForm

    def carry_out(self, data: CleanedData) -> HttpResponse:
        content = read_resume(data["file"])
        made = import_resume(content, actor=self.actor, title=data["title"], rows=data["rows"])
        return self.answer(
            _("Imported: a résumé, %(projects)d projects and %(skills)d skills.")
            % {"projects": len(made.projects), "skills": len(made.skills)}
        )


class ExportView(KindPage):
    """Hand a résumé out as a file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return resume_file(self.row())
