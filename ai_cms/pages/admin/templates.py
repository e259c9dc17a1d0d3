"""Templates: layouts to start pages from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.blocks.forms.form_field import BlocksFormField
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor

from .. import get_template_model
from ..differences import block_frame
from ..exceptions import PageStale
from ..models.template import AbstractTemplate
from ..provenance import written_by
from ..rows import short
from ..services import instantiate_template, page_types, save_template
from .base import MAX_ID, PagesAdmin
from .choosing import PageChoiceField
from .forms import put_errors
from .keeping import copy_key, keep_at_login, keeping, show_lost

__all__ = ["TemplateAdmin"]


class TemplateForm(forms.Form):
    """Edit a template's name, description and layout."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, widget=forms.TextInput({"class": "vTextField"}))
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )
    page_type = forms.ChoiceField(label=gettext_lazy("Page type"), required=False)
    layout_json = BlocksFormField(label=gettext_lazy("Layout"), required=False, drafts=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, request: HttpRequest, template: AbstractTemplate | None, data: Any = None) -> None:
        initial = {}
        if template is not None:
            names = ("name", "description", "page_type", "layout_json", "version")
            initial = {name: getattr(template, name) for name in names}
        super().__init__(data, initial=initial, label_suffix="")
        types: Any = self.fields["page_type"]
        types.choices = [("", _("Any; the default type unless another is chosen"))] + [
            (name, str(model._meta.verbose_name)) for name, model in page_types().items()
        ]
        layout: Any = self.fields["layout_json"]
        actor = Actor.from_request(request)
        layout.actor, layout.provenance = actor, written_by(actor, "human")
        # Fields that a host's own template model adds.
        known = {field.name for field in AbstractTemplate._meta.get_fields()} | {"id"}
        self.extra = [
            field
            for field in get_template_model()._meta.concrete_fields
            if field.name not in known and field.editable and not field.primary_key
        ]
        for field in self.extra:
            made = field.formfield()
            if made is not None:
                made.initial = field.value_from_object(template) if template is not None else made.initial
                self.fields[field.name] = made


class MakePageForm(forms.Form):
    """The page that is made from a template."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=255)
    slug = forms.CharField(
        label=gettext_lazy("Slug"), max_length=100, required=False, help_text=gettext_lazy("Empty: made of the title.")
    )

    def __init__(self, request: HttpRequest, site_name: str, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        self.fields["parent"] = PageChoiceField(
            request=request, site_name=site_name, label=gettext_lazy("Below which page?")
        )


class TemplateAdmin(PagesAdmin):
    """Whoever may add pages somewhere reads and uses templates; their owners and staff change them."""

    list_display = ["name", "description", "page_type", "owner", "updated_at"]
    list_filter = ["page_type"]
    search_fields = ["name", "description"]
    list_select_related = ["owner"]
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "view", obj)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.route("<int:pk>/make-page/", self.make_page_view, "make_page", "GET", "POST"),
            *keep_at_login(self, super().get_urls()),
        ]

    def _template(self, request: HttpRequest, pk: object) -> AbstractTemplate:
        text = str(pk)
        found: Any = None
        if text.isascii() and text.isdecimal() and int(text) <= MAX_ID:
            found = self.get_queryset(request).filter(pk=int(text)).first()
        if not isinstance(found, get_template_model()):
            raise NotFound
        return found

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: TemplateContext | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edit(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: TemplateContext | None = None
    ) -> HttpResponse:
        try:
            template = self._template(request, object_id)
        except NotFound as error:
            if request.method == "POST":
                return show_lost(
                    self, request, _("This template is not there any more, so nothing was saved."), status=404
                )
            raise Http404 from error
        if not self.has_change_permission(request, template):
            if request.method == "POST":
                return show_lost(self, request, _("You may not change this template (any more)."), status=403)
            return self._read(request, template)
        return self._edit(request, template)

    def _edit(self, request: HttpRequest, template: AbstractTemplate | None) -> HttpResponse:
        form = TemplateForm(request, template, request.POST if request.method == "POST" else None)
        if form.is_valid():
            saved = self._save(request, form, template)
            if saved is not None:
                self.tell(request, _("The template “%(name)s” was saved.") % {"name": saved.name})
                return HttpResponseRedirect(self.link("change", saved.pk, **copy_key(request)))
        title = _("Add a template") if template is None else short(template.name)
        return self.show(
            request,
            "template/form.html",
            title,
            crumbs=[(title, "")],
            form=form,
            template=template,
            may_delete=template is not None and self.has_delete_permission(request, template),
            media=form.media,
            keeping=keeping(request, self.admin_site.name),
        )

    def _save(
        self, request: HttpRequest, form: TemplateForm, template: AbstractTemplate | None
    ) -> AbstractTemplate | None:
        values = {name: form.cleaned_data[name] for name in ("name", "description", "page_type")}
        values["layout_json"] = form.cleaned_data["layout_json"].to_json()
        version = None if template is None else form.cleaned_data.get("version") or 0
        try:
            saved = save_template(template, actor=Actor.from_request(request), values=values, expected_version=version)
        except PageStale:
            form.add_error(
                None,
                _(
                    "Someone else has changed this template since you opened it. Copy what you need from here, "
                    "then open it again in another tab."
                ),
            )
            return None
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            put_errors(form, error)
            return None
        names = [field.name for field in form.extra if field.name in form.changed_data]
        if names:
            for name in names:
                setattr(saved, name, form.cleaned_data[name])
            models.Model.save(saved, update_fields=names)
        return saved

    def _read(self, request: HttpRequest, template: AbstractTemplate) -> HttpResponse:
        blocks = template.layout_json.blocks
        frames = [block_frame(request, None, block, _("Layout")) for block in blocks[:40]]
        return self.show(
            request,
            "template/read.html",
            short(template.name),
            crumbs=[(short(template.name), "")],
            template=template,
            frames=frames,
        )

    def make_page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = self._template(request, pk)
        form = MakePageForm(request, self.admin_site.name, request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                page = instantiate_template(template, actor=Actor.from_request(request), **form.cleaned_data)
            except (NotFound, PermissionRefused):
                form.add_error("parent", _("You may not add pages below this one."))
            except RequestRefused as error:
                put_errors(form, error)
            else:
                self.tell(request, _("This is the new page, a draft."))
                return HttpResponseRedirect(self.page_link("change", page.pk))
        title = _("Make a page: %(name)s") % {"name": short(template.name)}
        crumbs = [(short(template.name, 30), self.link("change", template.pk)), (_("Make a page"), "")]
        return self.show(
            request,
            "page/step.html",
            title,
            crumbs=crumbs,
            form=form,
            submit=_("Make the page"),
            cancel=self.link("change", template.pk),
            media=form.media,
        )
