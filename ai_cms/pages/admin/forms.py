"""The form of a page: one for each page type, made of the fields that the type has."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.exceptions import BlockError
from ai_cms.blocks.forms.form_field import BlocksFormField
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor, get_policy

from .. import get_page_model, get_template_model
from ..provenance import written_by
from ..relations import is_ordered, related_ids
from ..snapshots import document_problems
from .choosing import PageChoiceField
from .problems import place_in_words

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["PageForm", "make_page_form", "put_errors"]

#: The base page's own fields in the form, in order; the slug is left out on home pages.
MAIN_FIELDS = ("title", "slug")
MORE_FIELDS = ("in_menus", "locale", "seo_title", "seo_description", "metadata")


class PageForm(forms.ModelForm):  # type: ignore[type-arg]
    """Edit a draft. It never saves: :meth:`field_values` and ``content_json`` go to the services."""

    # Not in Meta.fields: the model's own validation would refuse field errors, which a draft may have.
    content_json = BlocksFormField(label=_("Content"), required=False, drafts=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    message = forms.CharField(
        label=_("What is new?"),
        required=False,
        max_length=300,
        help_text=_("A note for the history of the page; it may stay empty."),
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, request: HttpRequest, page: AbstractPage, site_name: str
    ) -> None:
        document: Document = page.content_json
        initial = {"content_json": document, "version": page.version}
        # A copy: the form writes to its instance, and services compare with the page as it was.
        super().__init__(data, files, instance=copy.copy(page), initial=initial, label_suffix="")
        self.page = page
        self.request = request
        actor = Actor.from_request(request)
        content: Any = self.fields["content_json"]
        content.allowed = content.widget.allowed = page.allowed_blocks
        for documents in self.fields.values():
            if isinstance(documents, BlocksFormField):
                documents.actor, documents.provenance = actor, written_by(actor, "human")
                # A draft may hold errors, and be empty; publishing refuses them.
                documents.drafts, documents.required = True, False
        if page.pk is None:
            del self.fields["version"], self.fields["message"]
            self._add_templates(actor)
        elif page.is_root:
            del self.fields["slug"]
        if "slug" in self.fields:
            self.fields["slug"].required = page.pk is not None
        if not self.is_bound:
            for name, problems in document_problems(page).items():
                widget: Any = self.fields[name].widget
                widget.block_errors = problems
        self._limit_choices(site_name)

    def _add_templates(self, actor: Actor) -> None:
        model = get_template_model()
        rows = get_policy(model).visible(actor, model._default_manager.all())
        rows = rows.filter(page_type__in=("", self.page.type_name()))
        if rows.exists():
            self.fields["from_template"] = forms.ModelChoiceField(
                rows,
                label=_("Start from a template"),
                required=False,
                empty_label=_("No template"),
                help_text=_("Its blocks are put into the page where you have added none yourself."),
            )

    def _limit_choices(self, site_name: str) -> None:
        """Offer pages only to those who may see them, and users to nobody who may not list them."""
        users = get_user_model()
        may_list = self.request.user.has_perm(f"{users._meta.app_label}.view_{users._meta.model_name}")
        for field in self.page.type_fields():
            if field.is_relation and field.related_model is users and field.name in self.fields and not may_list:
                there = related_ids(self.page, field) if field.many_to_many else [field.value_from_object(self.page)]
                people: Any = self.fields[field.name]
                people.queryset = people.queryset.filter(pk__in=[*filter(None, there), self.request.user.pk])
            elif isinstance(field, models.ForeignKey) and field.name in self.fields:
                remote: Any = field.remote_field.model
                if issubclass(remote, get_page_model()):
                    old = self.fields[field.name]
                    self.fields[field.name] = PageChoiceField(
                        request=self.request, site_name=site_name, label=old.label, required=old.required
                    )
            elif isinstance(field, models.ManyToManyField) and field.name in self.fields:
                model: Any = field.related_model
                choices: Any = self.fields[field.name]
                if issubclass(model, get_page_model()):
                    choices.queryset = get_policy(model).visible(Actor.from_request(self.request), choices.queryset)

    def _get_validation_exclusions(self) -> set[str]:
        documents = {name for name, field in self.fields.items() if isinstance(field, BlocksFormField)}
        return {*super()._get_validation_exclusions(), *documents}  # type: ignore[misc]

    def clean_metadata(self) -> Any:
        return self.cleaned_data["metadata"] or {}

    def field_values(self) -> Columns:
        """Return the values of the page's fields as services take them."""
        found: Columns = {}
        known: dict[str, Any] = {field.name: field for field in self.page.type_fields()}
        for name in self._meta.fields or ():
            if name not in self.fields or name == "slug":
                continue
            value = self.cleaned_data.get(name)
            if isinstance(value, models.Model):
                value = getattr(value, known[name].target_field.attname)
            elif isinstance(value, models.QuerySet):
                value = self._in_order(known[name], list(value.values_list("pk", flat=True)))
            elif isinstance(known.get(name), models.FileField):
                value = self._stored(known[name], value)
            found[name] = value
        return found

    def _in_order(self, field: object, chosen: list[Any]) -> list[Any]:
        """Return the chosen keys; of a field that keeps an order those that were there first, as a list has none."""
        if not is_ordered(field):
            return chosen
        before = [key for key in related_ids(self.page, field) if key in chosen]
        return list(dict.fromkeys([*before, *chosen]))

    def _stored(self, field: models.FileField, value: object) -> Any:
        """Return the name of a file, put into its storage if it has just been sent: before any row is locked."""
        if isinstance(value, UploadedFile):
            storage: Any = field.storage
            return storage.save(
                field.generate_filename(self.instance, value.name or "file"), value, max_length=field.max_length
            )
        return getattr(value, "name", value) or ""

    def groups(self) -> list[tuple[str, Any, list[Any], bool]]:
        """Return the fields to show in order: of each group a key, a heading, the bound fields, and if any is wrong."""
        own = [field.name for field in self.page.type_fields()]
        shown = [
            ("main", "", [*MAIN_FIELDS, "from_template"]),
            ("type", self.page._meta.verbose_name, own),
            ("content", "", ["content_json"]),
            ("more", _("Menu, language and search engines"), list(MORE_FIELDS)),
            ("note", "", ["message"]),
        ]
        return [
            (key, heading, found, any(bound.errors for bound in found))
            for key, heading, names in shown
            if (found := [self[name] for name in names if name in self.fields])
        ]


def make_page_form(model: Any, callback: Any) -> type[PageForm]:
    """Return the form class of a page type. ``callback``: makes form fields of model fields, as the admin does."""
    names = [*MAIN_FIELDS, *(field.name for field in model.type_fields()), *MORE_FIELDS]
    form: Any = forms.modelform_factory(model, form=PageForm, fields=names, formfield_callback=callback)
    return form  # type: ignore[no-any-return]


def put_errors(form: forms.BaseForm, error: RequestRefused) -> None:
    """Show what a service refused at the fields it is about."""
    if not error.errors:
        about_slug = error.code in ("slug_taken", "path_taken_by_route", "publish_needed") and "slug" in form.fields
        form.add_error("slug" if about_slug else None, str(error.detail))
        return
    for name, problems in error.errors.items():
        blocks = [
            BlockError(problem["loc"], problem["type"], problem["msg"]) for problem in problems if _is_block(problem)
        ]
        if blocks and name in form.fields:
            widget: Any = form.fields[name].widget
            widget.block_errors = blocks
        texts = [_text(form, name, problem) for problem in problems]
        form.add_error(name if name in form.fields else None, list(dict.fromkeys(texts)))


def _text(form: forms.BaseForm, name: str, problem: object) -> str:
    """Return what is wrong, in a document with the place in words."""
    if not isinstance(problem, dict):
        return str(problem)
    if not _is_block(problem):
        return str(problem.get("msg", ""))
    document = getattr(form, "cleaned_data", {}).get(name)
    place, _block = place_in_words(getattr(document, "blocks", None), problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])


def _is_block(problem: object) -> bool:
    return isinstance(problem, dict) and {"loc", "type", "msg"} <= problem.keys()
