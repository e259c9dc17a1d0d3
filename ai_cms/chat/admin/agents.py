"""Agents, and what each of them and each person has used."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from ai_cms.chat import get_agent_model
from ai_cms.core.admin import ClearAdmin
from ai_cms.core.permissions import Actor
from ai_cms.llm.models import AILog
from ai_cms.llm.reports.usage import usage_report

from ..exceptions import InvalidAgent
from ..services.agents import check_agent, delete_agent, offered_tools, store_agent

__all__ = ["AgentAdmin"]


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]
    """An agent, held to what its service can do."""

    tools = forms.MultipleChoiceField(label=_("Tools"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tools" in self.fields:
            # Asked when the form is shown: apps may register tools later than this module is read.
            self.fields["tools"].choices = [(name, name) for name in offered_tools()]  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or self.instance.owner_id is None:
            return
        try:
            check_agent(self.instance)
        except InvalidAgent as error:
            for name, messages in (error.errors or {}).items():
                self.add_error(name if name in self.fields else None, messages)


@admin.register(get_agent_model())
class AgentAdmin(ClearAdmin):
    form = AgentForm
    list_display = ["name", "owner", "llm_provider", "model", "is_default", "is_active", "budget", "usage"]
    list_filter = ["is_active", "is_default", "llm_provider"]
    list_select_related = ["owner"]
    search_fields = ["name", "description"]
    raw_id_fields = ["owner"]
    readonly_fields = ["is_default", "usage", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["owner", "name", "description", "is_active", "is_default"]}),
        (_("Model"), {"fields": ["llm_provider", "model", "temperature", "max_tokens"]}),
        (_("Instructions"), {"fields": ["system_prompt", "personality", "tools"]}),
        (_("Budget"), {"fields": ["budget", "budget_period", "usage", "created_at", "updated_at"]}),
    ]
    change_list_template = "admin/ai_cms_chat/agent/change_list.html"

    class Media(ClearAdmin.Media):
        css = {"all": [*ClearAdmin.Media.css["all"], "ai_cms/llm/admin.css"]}

    @admin.display(description=_("usage"))
    def usage(self, row: Any) -> str:
        if row.pk is None or row._state.adding:
            return "-"
        url = reverse(f"{self.admin_site.name}:ai_cms_llm_ailog_changelist")
        return format_html('<a href="{}?{}">{}</a>', url, urlencode({"agent": row.budget_key}), _("Show the calls"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        store_agent(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_agent(obj, actor=Actor.system("admin"))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for agent in queryset:
            delete_agent(agent, actor=Actor.system("admin"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown and request.user.has_perm("ai_cms_llm.view_ailog"):
            shown["report"] = usage_report(AILog.objects.filter(agent__startswith="agent:"), by_agent=_agent_names)
        return response


def _agent_names(keys: list[str]) -> dict[str, str]:
    """Return the names of agents by the keys under which their calls are logged."""
    ids = [key.removeprefix("agent:") for key in keys]
    rows = get_agent_model().objects.filter(pk__in=[each for each in ids if len(each) == 36]).select_related("owner")
    return {row.budget_key: f"{row.name} ({row.owner})" for row in rows}
