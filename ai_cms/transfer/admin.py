"""The admin of what was imported."""

from __future__ import annotations

from django.contrib import admin

from ai_cms.pages.admin.readonly import PolicyReadOnlyAdmin

from .models import ImportedPage

__all__ = ["ImportedPageAdmin"]


@admin.register(ImportedPage)
class ImportedPageAdmin(PolicyReadOnlyAdmin):
    """Which item of which source a page came from."""

    list_display = ["key", "source", "page_title", "page_path", "version", "imported_at"]
    search_fields = ["source", "key", "page__title", "page__path"]
    fields = ["source", "key", "page_title", "page_path", "version", "imported_at"]
    list_select_related = ["page"]
