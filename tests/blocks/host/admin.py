from __future__ import annotations

from django.contrib import admin

from ai_cms.blocks.admin import BlocksAdminMixin

from .models import Article, Note


@admin.register(Article)
class ArticleAdmin(BlocksAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["title", "body"]


admin.site.register(Note)
