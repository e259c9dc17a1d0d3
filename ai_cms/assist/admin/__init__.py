"""Writing with a model in Django's admin."""

from __future__ import annotations

from django.contrib import admin

from ai_cms.assist.models import WritingRun

from .writing import WritingRunAdmin

__all__ = ["WritingRunAdmin"]

admin.site.register(WritingRun, WritingRunAdmin)
