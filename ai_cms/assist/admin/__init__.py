"""Writing with a model in Django's admin."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin

from ai_cms.assist.models import WritingRun

from .library import LibraryItemAdmin
from .writing import WritingRunAdmin

__all__ = ["LibraryItemAdmin", "WritingRunAdmin"]

if apps.is_installed("ai_cms.assets"):
    from .alt_texts import AltTextAdmin

    admin.site.register(WritingRun, AltTextAdmin)
else:
    admin.site.register(WritingRun, WritingRunAdmin)
