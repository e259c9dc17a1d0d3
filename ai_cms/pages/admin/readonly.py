"""Tables that are written by services alone: to look at, limited to the pages one sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..rows import short
from .base import PagesAdmin

if TYPE_CHECKING:
    from ..models import Element, Proposal, Publication, Revision

__all__ = ["ElementAdmin", "PolicyReadOnlyAdmin", "PublicationAdmin", "RevisionAdmin"]


#: A row that belongs to a page.
OfPage: TypeAlias = "Element | Proposal | Publication | Revision"


class PolicyReadOnlyAdmin(PagesAdmin):
    """Show the rows of the pages that the user sees; nothing is added, changed or deleted here."""

    list_per_page = 50
    # Counting everything beside what was found costs a query and says nothing.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        # What editors need of these tables stands with each page; in the menu they are for those who look after the site.
        return self.has_view_permission(request) and request.user.has_perm(
            f"{self.opts.app_label}.view_{self.opts.model_name}"
        )

    @admin.display(description=_("page"), ordering="page__title")
    def page_title(self, obj: OfPage) -> str:
        return format_html('<a href="{}">{}</a>', self.page_link("change", obj.page_id), short(obj.page.title))

    @admin.display(description=_("path"), ordering="page__path")
    def page_path(self, obj: OfPage) -> str:
        return str(obj.page.path)


class ElementAdmin(PolicyReadOnlyAdmin):
    """The blocks of all drafts: which pages use a type of block."""

    list_display = ["type", "page_title", "page_path", "uid", "depth"]
    list_display_links = ["uid"]
    search_fields = ["type", "uid", "page__title", "page__path"]
    fields = ["type", "page_title", "page_path", "uid", "parent_uid", "order", "depth", "props"]
    list_select_related = ["page"]
    ordering = ["type", "page_id", "depth", "order"]

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [VisibleTypes]


class VisibleTypes(admin.SimpleListFilter):
    """The types of block that occur on the pages the user sees."""

    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Model]) -> list[tuple[str, str]]:
        rows = model_admin.get_queryset(request).order_by("type").values_list("type", flat=True).distinct()
        return [(name, name) for name in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class RevisionAdmin(PolicyReadOnlyAdmin):
    """All revisions; comparing and restoring is done in the history of the page."""

    list_display = ["title", "number", "kind", "author", "agent", "created_at", "page_path"]
    list_filter = ["kind", "created_at"]
    search_fields = ["title", "message", "agent", "page__path"]
    fields = ["page_title", "number", "kind", "version", "author", "agent", "message", "created_at", "title", "look"]
    list_select_related = ["page", "author"]
    ordering = ["-created_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).defer("content_json", "fields")

    @admin.display(description=_("content"))
    def look(self, obj: Revision) -> str:
        url = self.page_link("revision", obj.page_id, obj.number)
        return format_html('<a href="{}">{}</a>', url, _("Look at it in the history of the page"))


class PublicationAdmin(PolicyReadOnlyAdmin):
    """What is public, without the documents and the stored HTML."""

    list_display = ["title", "path", "type", "locale", "published_at", "expire_at", "active"]
    search_fields = ["title", "path"]
    fields = [
        "title",
        "page_title",
        "path",
        "type",
        "locale",
        "in_menus",
        "active",
        "version",
        "revision",
        "first_published_at",
        "published_at",
        "published_by",
        "expire_at",
        "modified_at",
    ]
    list_select_related = ["page"]

    def get_list_filter(self, request: HttpRequest) -> Any:
        return ["active", VisibleTypes, "published_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).defer("content", "body", "summary", "html", "search_text")
