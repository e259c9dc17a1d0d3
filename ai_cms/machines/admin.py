"""The admin of machine readers: which bots came, and what robots.txt tells them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ai_cms.core.admin import ClearAdmin, ReadOnlyAdmin
from ai_cms.core.permissions import Actor, get_policy

from .models import BotDay
from .reports import traffic_report
from .robots import is_allowed

__all__ = ["BotDayAdmin"]


@admin.register(BotDay)
class BotDayAdmin(ReadOnlyAdmin):
    """Figures by day, site and bot; a process writes what it has counted after a minute."""

    change_list_template = "admin/ai_cms_machines/botday/change_list.html"
    list_display = ["day", "name", "kind", "site", "requests", "markdown", "refused", "allowed"]
    list_filter = ["kind", ("site", admin.RelatedOnlyFieldListFilter), "day"]
    list_select_related = ["site"]
    search_fields = ["bot"]
    show_full_result_count = False

    class Media(ClearAdmin.Media):
        css = {"all": ["ai_cms/core/admin.css", "ai_cms/machines/admin.css"]}

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        match = request.resolver_match
        # They go with their site.
        own = match is not None and (match.url_name or "").startswith(f"{self.opts.app_label}_{self.opts.model_name}_")
        return False if own else super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return get_policy(BotDay).visible(Actor.from_request(request), super().get_queryset(request))

    @admin.display(description=_("bot"), ordering="bot")
    def name(self, row: BotDay) -> str:
        return row.bot or str(_("not named"))

    @admin.display(description=_("robots.txt allows it"), boolean=True)
    def allowed(self, row: BotDay) -> bool:
        return is_allowed(row.bot, row.kind)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(
            request, {"title": _("Which bots came"), **(extra_context or {})}
        )
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            shown["report"] = traffic_report(shown["cl"].queryset)
        return response
