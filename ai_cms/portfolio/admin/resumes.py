"""Résumés, with a file in and a file out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.portfolio.exceptions import ResumeInvalid
from ai_cms.portfolio.resumes.files import resume_file
from ai_cms.portfolio.services import import_resume
from ai_cms.portfolio.services.importing import read_resume

from .rows import OwnedAdmin

__all__ = ["ResumeAdmin"]


class TakeInForm(forms.Form):
    """A file with a résumé."""

    file = forms.FileField(
        label=_("File"), help_text=_("A JSON Resume (.json), or the archive LinkedIn exports (.zip).")
    )
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    rows = forms.BooleanField(label=_("Also add the projects and skills it names"), required=False)


class ResumeAdmin(OwnedAdmin):
    """Résumés of everybody, for those who may see them."""

    list_display = ["title", "owner", "updated_at"]
    search_fields = ["title"]
    change_list_template = "admin/ai_cms_portfolio/resume/list.html"
    change_form_template = "admin/ai_cms_portfolio/resume/form.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name=self._name("import")),
            path("<path:object_id>/export/", view(self.export_view), name=self._name("export")),
            *super().get_urls(),
        ]

    def _name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _link(self, name: str, *args: object) -> str:
        return reverse(f"{self.admin_site.name}:{self._name(name)}", args=args)

    def changelist_view(self, request: HttpRequest, extra_context: TemplateContext | None = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "import_link": self._link("import")})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: TemplateContext | None = None
    ) -> Any:
        extra = {**(extra_context or {}), "export_link": self._link("export", object_id)}
        return super().change_view(request, object_id, form_url, extra)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file in, as a résumé of whoever sends it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TakeInForm(request.POST or None, request.FILES or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                content = read_resume(data["file"])
                made = import_resume(content, actor=Actor.from_request(request), title=data["title"], rows=data["rows"])
            except ResumeInvalid as error:
                form.add_error("file", [f"{'.'.join(item['loc'])}: {item['msg']}" for item in error.problems[:10]])
            except RequestRefused as error:
                texts = [str(text) for found in (error.errors or {}).values() for text in found]
                form.add_error("file", texts or [str(error.detail)])
            else:
                messages.success(request, str(_("“%(title)s” is imported.") % {"title": made.resume.title}))
                return HttpResponseRedirect(self._link("change", made.resume.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a résumé"),
            "form": form,
            "back": self._link("changelist"),
        }
        return TemplateResponse(request, "admin/ai_cms_portfolio/resume/import.html", context)

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Hand a résumé out as a file."""
        resume = self.get_object(request, object_id)
        if resume is None or not get_policy(self.model).can(Actor.from_request(request), "view", resume):
            raise Http404
        return resume_file(resume)
