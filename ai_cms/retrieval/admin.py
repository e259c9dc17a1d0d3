"""The admin of retrieval: which publications can be found, and by what. Nothing is written here: publishing does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ai_cms.core.admin import ReadOnlyAdmin
from ai_cms.core.permissions import get_policy
from ai_cms.pages.addresses import public_url

from .models import IndexedPublication, Passage, Vector
from .services.indexing import recipe
from .spaces import space_in_use

__all__ = ["IndexedPublicationAdmin", "PassageAdmin"]


class IndexAdmin(ReadOnlyAdmin):
    """Rows that go only with the publication that they belong to."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        match = request.resolver_match
        own = match is not None and (match.url_name or "").startswith(f"{self.opts.app_label}_{self.opts.model_name}_")
        return False if own else super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return get_policy(self.model).visible(request.user, super().get_queryset(request))


@admin.register(IndexedPublication)
class IndexedPublicationAdmin(IndexAdmin):
    list_display = ["publication", "site", "locale", "passage_count", "state", "indexed_at"]
    list_filter = [("publication__site", admin.RelatedOnlyFieldListFilter), "publication__locale"]
    list_select_related = ["publication__site"]
    search_fields = ["publication__title", "publication__path"]
    fields = [
        "publication",
        "site",
        "locale",
        "address",
        "revision",
        "published_at",
        "passage_count",
        "state",
        "indexed_at",
    ]
    readonly_fields = ["site", "locale", "address", "state"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        same = Q(revision=F("publication__revision"), published_at=F("publication__published_at"), recipe=recipe())
        made = Vector.objects.made(space_in_use()).filter(digest=OuterRef("publication__passages__digest"))
        rows: QuerySet[Any] = super().get_queryset(request)
        found: QuerySet[Any] = rows.annotate(
            is_current=ExpressionWrapper(same, output_field=BooleanField()),
            vectors=Count("publication__passages", filter=Exists(made)),
        )
        return found

    @admin.display(description=_("site"), ordering="publication__site__name")
    def site(self, row: IndexedPublication) -> str:
        return str(row.publication.site)

    @admin.display(description=_("language"), ordering="publication__locale")
    def locale(self, row: IndexedPublication) -> str:
        return row.publication.locale

    @admin.display(description=_("address"))
    def address(self, row: IndexedPublication) -> str:
        url = public_url(row.publication.path)
        return format_html('<a href="{}">{}</a>', url, url)

    @admin.display(description=_("state"))
    def state(self, row: Any) -> str:
        if not row.publication.active:
            return str(_("Not found: the page is in the bin."))
        if not row.is_current:
            return str(_("Behind: run rebuild_retrieval."))
        if not space_in_use():
            return str(_("Found by words."))
        left = row.passage_count - row.vectors
        if left <= 0:
            return str(_("Found by words and meaning."))
        return ngettext(
            "Found by words; %(left)d passage waits for its vector.",
            "Found by words; %(left)d passages wait for their vectors.",
            left,
        ) % {"left": left}


@admin.register(Passage)
class PassageAdmin(IndexAdmin):
    list_display = ["__str__", "publication", "place", "version"]
    list_select_related = ["publication"]
    search_fields = ["text", "publication__title"]
    show_full_result_count = False
    fields = ["publication", "version", "position", "place", "block", "anchor", "text"]
    readonly_fields = ["place"]

    @admin.display(description=_("headings"))
    def place(self, row: Passage) -> str:
        return " > ".join(row.heading)
