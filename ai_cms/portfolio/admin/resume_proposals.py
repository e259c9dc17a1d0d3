"""Proposals for résumés, to look at: whoever owns the résumé decides on its pages or over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from .rows import OwnedAdmin

__all__ = ["ResumeProposalAdmin"]


class ResumeProposalAdmin(OwnedAdmin):
    """Who had what proposed, and what became of it."""

    list_display = ["title", "resume", "status", "author", "created_at"]
    list_filter = ["status"]
    list_select_related = ["resume", "author"]
    search_fields = ["title"]
    raw_id_fields = []
    fields = [
        "title",
        "resume",
        "status",
        "job_advert",
        "changes",
        "accepted",
        "refused",
        "missing",
        "provenance",
        "author",
        "decided_by",
        "decided_at",
        "created_at",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fields
