"""Begin a page below another, of a type that may stand there."""

from __future__ import annotations

from typing import Any, TypeAlias

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import get_policy
from ai_cms.core.web import PlainForm, refusal_texts
from ai_cms.pages import get_page_model, get_template_model
from ai_cms.pages.models import AbstractPage
from ai_cms.pages.rows import RowMaker, search_pages, short
from ai_cms.pages.services import create_page, instantiate_template
from ai_cms.pages.services.page_types import page_type_about, types_below

from ..links import edit_url, link
from .base import DeskView

__all__ = ["CreateView"]

#: Pages offered to stand above the new one.
PARENTS = 20
PageTypes: TypeAlias = dict[str, type[AbstractPage]]


class NewPageForm(PlainForm):
    """What a page is called, and what it begins with."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=255, widget=forms.TextInput({"autofocus": True, "autocomplete": "off"})
    )
    type = forms.ChoiceField(label=gettext_lazy("Type"), widget=forms.RadioSelect)
    template: Any = forms.ModelChoiceField(
        None, label=gettext_lazy("Begin with"), required=False, empty_label=gettext_lazy("An empty page")
    )

    def __init__(self, *args: Any, types: PageTypes, templates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["type"]
        kind.choices = [(name, str(model._meta.verbose_name).capitalize()) for name, model in types.items()]
        if len(types) == 1:
            kind.widget = forms.HiddenInput()
        template: Any = self.fields["template"]
        template.queryset = templates
        if not templates.exists():
            del self.fields["template"]


class CreateView(DeskView):
    """A new page: where, of which type, called what. The editor opens with it."""

    room = "pages"

    def get(self, request: HttpRequest) -> HttpResponse:
        parent = self._parent()
        if parent is None:
            return self._choose()
        types = self._types(parent)
        initial = {
            "type": request.GET.get("type") or next(iter(types), ""),
            "title": request.GET.get("title", "")[:255],
        }
        return self._form(parent, types, self._new_form(types, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        parent = self._parent()
        if parent is None:
            raise NotFound
        types = self._types(parent)
        form = self._new_form(types, data=request.POST)
        if form.is_valid():
            values = form.cleaned_data
            common: dict[str, Any] = {
                "actor": self.actor, "parent": parent, "title": values["title"], "page_type": values["type"],
            }  # fmt: skip
            try:
                template = values.get("template")
                made = create_page(**common) if template is None else instantiate_template(template, **common)
            except (NotFound, PermissionRefused):
                raise
            except RequestRefused as error:
                for name, texts in refusal_texts(error).items():
                    form.add_error(name if name in form.fields else None, texts)
            else:
                return HttpResponseRedirect(edit_url(made.pk))
        return self._form(parent, types, form)

    def _parent(self) -> AbstractPage | None:
        """Return the page below which the new one goes: the one named, else the only one there is."""
        raw = self.request.GET.get("parent", "")
        if raw:
            return self.page(raw, "add")
        tops = RowMaker(self.request).level(None).rows
        able = [row.page for row in tops if row.can_add]
        return self.page(able[0].pk, "add") if len(able) == 1 and not self.request.GET.get("choose") else None

    def _types(self, parent: AbstractPage) -> PageTypes:
        found = types_below(parent)
        plain = get_page_model().type_name()
        # What is wanted most stands first.
        found = {name: found[name] for name in sorted(found, key=lambda name: name != plain)}
        if not found:
            raise PermissionRefused(_("Nothing may stand below “%(title)s”.") % {"title": short(parent.title)})
        return found

    def _new_form(self, types: PageTypes, **options: Any) -> NewPageForm:
        model = get_template_model()
        templates: Any = get_policy(model).visible(self.actor, model._default_manager.all()).order_by("name")
        return NewPageForm(types=types, templates=templates, **options)

    def _form(self, parent: AbstractPage, types: PageTypes, form: NewPageForm) -> HttpResponse:
        abouts = {name: page_type_about(model) for name, model in types.items()}
        return self.show(
            "create.html",
            _("New page"),
            parent=parent,
            form=form,
            abouts=abouts,
            back=link("tree", parent=parent.pk),
            other=link("create", choose=1),
        )

    def _choose(self) -> HttpResponse:
        words = self.request.GET.get("q", "")[:200].replace("\x00", "")
        maker = RowMaker(self.request)
        found = (maker.typed(page) for page in search_pages(self.request, words)[: PARENTS * 3])
        able = [page for page in found if self.may("add", page)][:PARENTS]
        return self.show("choose_parent.html", _("New page"), places=able, words=words, back=link("tree"))
