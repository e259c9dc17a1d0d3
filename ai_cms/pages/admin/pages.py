"""The admin of pages: the list that is a tree, the form of each page type, and what else can be done to a page."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.translation import gettext as _

from ai_cms.core.dates import native_field
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor, get_policy

from .. import get_page_model, get_template_model
from ..admin_links import links_for
from ..exceptions import PageStale, PublishNeeded, PublishRefused
from ..models import AbstractPage, Proposal, ProposalStatus, Revision, RevisionKind
from ..rows import RowMaker, short
from ..services import create_page, instantiate_template, update_page
from ..services.page_types import page_type_about, types_below
from ..services.publishing import publish_page
from .actions import ActionViews
from .base import MAX_ID
from .bulk import BulkViews
from .choosing import PageChoiceField
from .deletion import DeletionViews
from .forms import PageForm, make_page_form, put_errors
from .history import HistoryViews
from .keeping import KeepingViews, copy_key, keep_at_login, keeping, show_lost
from .links import PreviewLinkViews
from .moving import MovingViews
from .problems import problems_of
from .tree import TreeViews

__all__ = ["PageAdmin"]


class PageAdmin(
    TreeViews,
    MovingViews,
    ActionViews,
    BulkViews,
    DeletionViews,
    HistoryViews,
    PreviewLinkViews,
    KeepingViews,
):
    """Pages of every type; each write goes through ``ai_cms.pages.services`` as the logged-in user."""

    # For autocomplete fields and pop-ups of other models' admins.
    search_fields = ["title", "path"]
    list_display = ["title", "path", "status_label"]
    list_display_links = ["title"]
    ordering = ["tree_id", "lft"]
    list_per_page = 50
    actions = None

    @admin.display(description=_("status"))
    def status_label(self, page: AbstractPage) -> str:
        return str(page.status.label)

    def get_urls(self) -> list[URLPattern]:
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [url for url in self.page_urls() if url.name]
        # Django's delete and history views know nothing of trees and revisions; ours answer to their names.
        taken = {url.name for url in own} | {f"{info}_delete", f"{info}_history"}
        forms = [url for url in super().get_urls() if getattr(url, "name", None) not in taken]
        return [*own, *keep_at_login(self, forms)]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[models.Model]:
        # The base manager of the model shows what is in the bin too.
        return super().get_queryset(request).filter(deleted_at=None)

    # Add

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: object = None) -> HttpResponse:
        try:
            return self._add(request)
        except (NotFound, PermissionRefused, PermissionDenied, Http404) as error:
            if request.method != "POST":
                raise
            status = 404 if isinstance(error, NotFound | Http404) else 403
            return show_lost(self, request, _("The page cannot be made there any more."), status=status)

    def _add(self, request: HttpRequest) -> HttpResponse:
        parent = self._parent(request)
        model = self._type(request, parent) if parent is not None else None
        if parent is None or model is None:
            return self._choose_type(request, parent)
        page = model(locale=parent.locale, parent_id=parent.pk, site_id=parent.site_id)
        form_class = self.form_class(request, model)
        options: dict[str, Any] = {"request": request, "page": page, "site_name": self.admin_site.name}
        if request.method != "POST":
            return self._show_form(request, form_class(**options), page, parent)
        form = form_class(request.POST, request.FILES, **options)
        if form.is_valid():
            made = self._create(request, form, parent, model)
            if made is not None:
                self.log_addition(request, made, [{"added": {}}])
                return self._after_save(request, made)
        return self._show_form(request, form, page, parent)

    def _parent(self, request: HttpRequest) -> Any | None:
        """Return the page that the query names, below which the new one goes, or the first where one may be added."""
        raw = request.GET.get("parent", "")
        if not raw:
            tops = RowMaker(request).level(None).rows
            return next((self.find_page(request, row.page.pk) for row in tops if row.can_add), None)
        field = PageChoiceField(request=request, site_name=self.admin_site.name)
        text = raw if raw.startswith("/") or not raw.isdecimal() or int(raw) <= MAX_ID else "0"
        try:
            parent = field.clean(text)
        except ValidationError:
            return None
        if parent is None:
            return None
        if not self.may(request, "add", parent):
            raise PermissionDenied
        return parent

    def _type(self, request: HttpRequest, parent: AbstractPage) -> type[AbstractPage] | None:
        """Return the type that was chosen, or the only one there is to choose."""
        allowed = types_below(parent)
        chosen = allowed.get(request.GET.get("type", ""))
        return next(iter(allowed.values())) if chosen is None and len(allowed) == 1 else chosen

    def _choose_type(self, request: HttpRequest, parent: AbstractPage | None) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        if not self.has_add_permission(request):
            raise PermissionDenied
        field = PageChoiceField(request=request, site_name=self.admin_site.name, label=_("Below which page?"))
        raw = request.GET.get("parent", "")
        value = field.prepare_value(parent) if parent is not None else raw
        types = (
            []
            if parent is None
            else [
                {
                    "name": name,
                    "label": str(model._meta.verbose_name),
                    "about": page_type_about(model),
                    "url": self.link("add", parent=parent.pk, type=name),
                }
                for name, model in types_below(parent).items()
            ]
        )
        return self.show(
            request,
            "page/add.html",
            _("Add a page"),
            crumbs=[(_("Add a page"), "")],
            parent=parent,
            chooser=field.widget.render("parent", value, {"id": "id_parent", "aria-describedby": "id_parent_help"}),
            unknown=bool(raw) and parent is None,
            types=types,
        )

    def _create(
        self, request: HttpRequest, form: PageForm, parent: AbstractPage, model: type[AbstractPage]
    ) -> AbstractPage | None:
        values = form.field_values()
        template = form.cleaned_data.get("from_template")
        content = form.cleaned_data["content_json"].to_json()
        common: dict[str, Any] = {
            "actor": Actor.from_request(request),
            "parent": parent,
            "title": values.pop("title"),
            "slug": form.cleaned_data.get("slug", ""),
            "page_type": model.type_name(),
            "fields": values,
        }
        try:
            if template is not None and not content:
                return instantiate_template(template, **common)
            return create_page(content=content, template=template, **common)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            put_errors(form, error)
            return None

    # Change

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: TemplateContext | None = None
    ) -> HttpResponse:
        try:
            page = self.find_page(request, object_id)
        except Http404:
            if request.method != "POST":
                raise
            return self.keep_text(request, object_id)
        if not self.may(request, "change", page):
            if request.method == "POST":
                return show_lost(self, request, _("You may not change this page (any more)."), status=403)
            return self._show_page(request, page)
        form_class = self.form_class(request, type(page))
        options: dict[str, Any] = {"request": request, "page": page, "site_name": self.admin_site.name}
        if request.method != "POST":
            return self._show_form(request, form_class(**options), page, None)
        form = form_class(request.POST, request.FILES, **options)
        if form.is_valid():
            answer = self._update(request, form, page)
            if answer is not None:
                return answer
        return self._show_form(request, form, page, None)

    def _update(self, request: HttpRequest, form: PageForm, page: AbstractPage) -> HttpResponse | None:
        # A form without a version was not made by this page; it must not overwrite whatever stands there now.
        version = form.cleaned_data.get("version") or 0
        try:
            saved = update_page(
                page,
                actor=Actor.from_request(request),
                fields=form.field_values(),
                content=form.cleaned_data["content_json"].to_json(),
                slug=form.cleaned_data["slug"] if "slug" in form.fields else None,
                expected_version=version,
                message=form.cleaned_data.get("message", ""),
            )
        except PageStale as error:
            number = error.extra.get("conflict_revision") or 0
            return HttpResponseRedirect(self.link("conflict", page.pk, number, **copy_key(request)))
        except PublishNeeded as error:
            # Only the slug asks for it: what was typed beside it stays in the form.
            put_errors(form, error)
            return None
        except NotFound:
            return self.keep_text(request, page.pk)
        except PermissionRefused:
            return show_lost(self, request, _("You may not change this page (any more)."), status=403)
        except RequestRefused as error:
            put_errors(form, error)
            return None
        if saved.version != page.version:
            self.log_change(
                request, saved, [{"changed": {"fields": sorted(set(form.changed_data) - {"version", "message"})}}]
            )
        return self._after_save(request, saved)

    def _after_save(self, request: HttpRequest, page: AbstractPage) -> HttpResponse:
        kept = copy_key(request)
        if "_publish" in request.POST:
            try:
                publish_page(page, actor=Actor.from_request(request), expected_version=page.version)
            except PublishRefused:
                self.tell(request, _("The draft was saved but not published: see what is missing below."), 30)
                return HttpResponseRedirect(self.link("change", page.pk, check=1, **kept))
            except PermissionRefused:
                self.tell(request, _("The draft was saved. You may not publish it."), 30)
            except RequestRefused as error:
                self.tell_refusal(request, error)
            else:
                words = _("“%(title)s” was saved and published.") % {"title": short(page.title)}
                self.tell(request, words, tags="aicms-published")
            return HttpResponseRedirect(self.link("change", page.pk, **kept))
        self.tell(request, _("The draft of “%(title)s” was saved.") % {"title": short(page.title)})
        return HttpResponseRedirect(self.link("change", page.pk, **kept))

    # Show

    def form_class(self, request: HttpRequest, model: type[models.Model]) -> type[PageForm]:
        """Return the form of a page type; override to add fields of one's own."""
        return make_page_form(model, partial(self.formfield_for_dbfield, request=request))

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        made = native_field(db_field, **kwargs)
        if made is not None:
            return made
        if getattr(db_field, "has_form_field", False):
            return db_field.formfield()
        if isinstance(db_field, models.ForeignKey | models.ManyToManyField) and self._suggests(db_field, request):
            many = isinstance(db_field, models.ManyToManyField)
            kwargs["widget"] = (AutocompleteSelectMultiple if many else AutocompleteSelect)(db_field, self.admin_site)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.JSONField) and field is not None:
            field.widget.attrs["rows"] = 4
        return field

    def _suggests(self, db_field: Any, request: HttpRequest | None) -> bool:
        """Return whether the admin of the rows that a field refers to suggests some to the user, while one types."""
        model = db_field.remote_field.model
        known = self.admin_site._registry.get(model)
        if known is None or not known.search_fields or issubclass(model, get_page_model()):
            return False
        return bool(request is not None and known.has_view_permission(request))

    def _show_form(
        self, request: HttpRequest, form: PageForm, page: AbstractPage, parent: AbstractPage | None
    ) -> HttpResponse:
        adding = page.pk is None
        target = parent if adding and parent is not None else page
        title = _("Add %(type)s") % {"type": page._meta.verbose_name} if adding else short(page.title)
        context: TemplateContext = {
            "form": form,
            "page": page,
            "parent": parent,
            "add": adding,
            "type_label": page._meta.verbose_name,
            "type_name": page.type_name(),
            "may_publish": self.may(request, "publish", target),
            "media": form.media,
            "keeping": keeping(request, self.admin_site.name),
        }
        if not adding:
            context |= self.page_context(request, page)
            context["problems"] = problems_of(page)
            context["checked"] = request.GET.get("check") == "1"
        return self.show(
            request,
            "page/form.html",
            title,
            crumbs=[*self.trail(request, target, include_self=adding), (title, "")],
            has_file_field=form.is_multipart(),
            **context,
        )

    def _show_page(self, request: HttpRequest, page: Any) -> HttpResponse:
        """Show a page to someone who may only read it."""
        names = [
            "title",
            "slug",
            *(field.name for field in page.type_fields()),
            "locale",
            "seo_title",
            "seo_description",
        ]
        values = []
        for name in names:
            field = page._meta.get_field(name)
            raw = field.value_from_object(page)
            chosen = dict(field.flatchoices).get(raw, raw) if field.choices else raw
            values.append(
                (field.verbose_name, chosen if not field.is_relation else self._related(request, page, field))
            )
        return self.show(
            request,
            "page/read.html",
            short(page.title),
            crumbs=[*self.trail(request, page), (short(page.title), "")],
            type_label=page._meta.verbose_name,
            values=values,
            **self.page_context(request, page),
        )

    def _related(self, request: HttpRequest, page: AbstractPage, field: Any) -> str:
        found = getattr(page, field.name)
        if field.many_to_many:
            rows = [
                row for row in found.all() if not isinstance(row, get_page_model()) or self.may(request, "view", row)
            ]
            return ", ".join(map(str, rows))
        if isinstance(found, get_page_model()) and not self.may(request, "view", found):
            return ""
        return "" if found is None else str(found)

    def page_context(self, request: HttpRequest, page: AbstractPage) -> TemplateContext:
        """Return what the views of one page show around it: the links to what the user may do."""
        rights = {f"may_{action}": self.may(request, action, page) for action in ("add", "change", "delete", "publish")}
        maker = RowMaker(request)
        waiting = Proposal.objects.filter(page_id=page.pk, status=ProposalStatus.PENDING).count()
        last = (
            Revision.objects.filter(page_id=page.pk)
            .exclude(kind=RevisionKind.CONFLICT)
            .select_related("author")
            .defer("content_json")
            .first()
        )
        return {
            **rights,
            "page": page,
            "state": page.state,
            "live_url": maker.live_url(page),
            "preview_url": self.preview_url(page),
            "waiting": waiting,
            "last_revision": last,
            "more_links": links_for(request, page),
            "may_copy": self.may(request, "add"),
            "may_template": get_policy(get_template_model()).can(Actor.from_request(request), "add"),
        }
