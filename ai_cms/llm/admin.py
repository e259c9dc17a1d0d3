"""The admin of the gateway: what was called and what it cost, who has which credits, which backends work."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ai_cms.core.admin import ClearAdmin, ReadOnlyAdmin
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.permissions import Actor, get_policy

from ..core.jsontypes import JsonObject
from .credits import ledger as credits
from .handler import llms
from .models import AgentBudget, AILog, BackendState, CreditAccount, CreditEntry, Run, RunEvent
from .reports.backends import describe_backends, try_backend
from .reports.usage import usage_report
from .runs.services import cancel_run

__all__ = [
    "AILogAdmin",
    "AgentBudgetAdmin",
    "BackendStateAdmin",
    "CreditAccountAdmin",
    "CreditEntryAdmin",
    "RunAdmin",
]


class StyledMixin:
    class Media(ClearAdmin.Media):
        css = {"all": ["ai_cms/llm/admin.css"]}


class PermanentAdmin(StyledMixin, ReadOnlyAdmin):
    """Rows that go only with what they belong to: deleting a user takes the account along, nobody deletes a charge."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        match = request.resolver_match
        own = match is not None and (match.url_name or "").startswith(f"{self.opts.app_label}_{self.opts.model_name}_")
        return False if own else super().has_delete_permission(request, obj)


@admin.register(AILog)
class AILogAdmin(PermanentAdmin):
    list_display = ["created_at", "user", "task", "answered_by", "tokens", "cost", "status", "latency_ms"]
    list_filter = [
        "status",
        "kind",
        "usage_source",
        "alias",
        "task",
        "model_answered",
        ("user", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    search_fields = ["task", "target_label", "model_answered", "request_id", "error_code", "call__id"]
    search_help_text = _("Task, target, model, request id, error code or call id")
    show_full_result_count = False
    change_list_template = "admin/ai_cms_llm/ailog/change_list.html"
    fieldsets = [
        (None, {"fields": ["created_at", "user", "task", "agent", "target_label", "status", "error_code", "error_detail"]}),
        (_("Model"), {"fields": ["alias", "backend", "model_asked", "model_answered", "request_id", "finish_reason"]}),
        (
            _("Usage"),
            {
                "fields": [
                    "tokens_in", "tokens_out", "tokens_cached", "images", "usage_source", "cost", "price_shown",
                    "charged", "latency_ms", "first_byte_ms",
                ]
            },
        ),
        (_("Texts"), {"fields": ["prompt_shown", "output_shown"]}),
        (_("Attempt"), {"fields": ["call", "attempt", "is_repair"]}),
    ]  # fmt: skip

    @admin.display(description=_("model"), ordering="model_answered")
    # Not "model": that is the admin's own attribute.
    def answered_by(self, row: AILog) -> str:
        return row.model_answered or row.model_asked

    @admin.display(description=_("tokens"), ordering="tokens_in")
    def tokens(self, row: AILog) -> str:
        sign = "≈ " if row.usage_source == "estimated" else ""
        return f"{sign}{row.tokens_in} + {row.tokens_out}"

    @admin.display(description=_("cost"), ordering="cost_micro")
    def cost(self, row: AILog) -> str:
        return str(_("unknown")) if row.cost_micro is None else dollars(row.cost_micro)

    @admin.display(description=_("price"))
    def price_shown(self, row: AILog) -> str:
        return json.dumps(row.price) if row.price else "-"

    @admin.display(description=_("prompt"))
    def prompt_shown(self, row: AILog) -> str:
        if not row.prompt:
            return str(_("Not kept."))
        return format_html_join(
            "",
            '<div class="ai-turn"><strong>{}</strong><pre>{}</pre></div>',
            ((turn.get("role", ""), _turn_text(turn)) for turn in row.prompt),
        )

    @admin.display(description=_("output"))
    def output_shown(self, row: AILog) -> str:
        return format_html('<div class="ai-turn"><pre>{}</pre></div>', row.output) if row.output else "-"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            shown["report"] = usage_report(shown["cl"].queryset)
        return response


class GrantForm(forms.Form):
    credits = forms.IntegerField(
        label=_("Credits"), min_value=-(10**9), max_value=10**9, help_text=_("A negative number takes credits away.")
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean_credits(self) -> int:
        value: int = self.cleaned_data["credits"]
        if not value:
            raise forms.ValidationError(_("Zero changes nothing."))
        return value


@admin.register(CreditAccount)
class CreditAccountAdmin(PermanentAdmin):
    list_display = ["user", "kind", "credits", "balance", "reserved", "updated_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    actions = ["grant"]
    readonly_fields = ["credits", "ledger"]
    fields = ["user", "kind", "credits", "balance", "reserved", "allowance_left", "created_at", "updated_at", "ledger"]

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return get_policy(CreditAccount).can(Actor.from_request(request), "grant")

    @admin.display(description=_("credits"))
    def credits(self, row: CreditAccount) -> int:
        return credits.in_credits(row.kind, row.available)

    @admin.display(description=_("ledger"))
    def ledger(self, row: CreditAccount) -> str:
        url = reverse(f"{self.admin_site.name}:ai_cms_llm_creditentry_changelist")
        return format_html('<a href="{}?account__id__exact={}">{}</a>', url, row.pk, _("Show the entries"))

    @admin.action(description=_("Grant credits to the selected accounts"), permissions=["grant"])
    def grant(self, request: HttpRequest, queryset: QuerySet[CreditAccount]) -> HttpResponse | None:
        form = GrantForm(request.POST) if "apply" in request.POST else GrantForm(initial={"key": uuid.uuid4().hex})
        if "apply" in request.POST and form.is_valid():
            data = form.cleaned_data
            with transaction.atomic():
                for account in queryset.select_related("user"):
                    credits.grant_credits(
                        actor=Actor.from_request(request),
                        user=account.user,
                        kind=account.kind,
                        credits=data["credits"],
                        note=data["note"],
                        # Sending the form twice grants once.
                        idempotency_key=f"admin:{data['key']}",
                    )
            done = queryset.count()
            text = ngettext("Credits granted to %d account.", "Credits granted to %d accounts.", done) % done
            self.message_user(request, text, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Grant credits"),
            "opts": self.opts,
            "form": form,
            "accounts": queryset.select_related("user"),
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/ai_cms_llm/creditaccount/grant.html", context)


@admin.register(CreditEntry)
class CreditEntryAdmin(PermanentAdmin):
    list_display = ["created_at", "account", "kind", "amount", "tokens", "note", "created_by"]
    list_filter = ["kind", "account__kind"]
    list_select_related = ["account__user", "created_by"]
    date_hierarchy = "created_at"
    search_fields = ["note", "account__user__email", "call__id"]
    fields = ["created_at", "account", "kind", "amount", "tokens", "call", "note", "created_by"]

    def lookup_allowed(self, lookup: str, value: object, request: HttpRequest | None = None) -> bool:
        return lookup == "account__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]


@admin.register(AgentBudget)
class AgentBudgetAdmin(StyledMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["key", "kind", "period", "limit", "used", "reserved"]
    list_filter = ["kind", "period"]
    search_fields = ["key"]
    fields = ["key", "kind", "period", "limit", "used", "reserved"]
    readonly_fields = ["used", "reserved"]


class RunEventInline(admin.TabularInline):  # type: ignore[type-arg]
    model = RunEvent
    fields = ["seq", "type", "data", "created_at"]
    readonly_fields = ["seq", "type", "data", "created_at"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("ai_cms_llm.view_run")


@admin.register(Run)
class RunAdmin(StyledMixin, ReadOnlyAdmin):
    list_display = ["created_at", "handler", "user", "status", "target_label", "error_code", "finished_at"]
    list_filter = ["status", "handler"]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    search_fields = ["id", "target_label", "error_code"]
    actions = ["cancel"]
    inlines = [RunEventInline]
    fields = [
        "id", "handler", "user", "target_label", "status", "attempt", "payload", "text", "result", "error_code",
        "error_detail", "created_at", "started_at", "finished_at",
    ]  # fmt: skip

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ai_cms_llm.change_run")

    @admin.action(description=_("Cancel the selected runs"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        for run in queryset:
            cancel_run(run, actor=Actor.from_request(request))
        self.message_user(request, _("The runs are being cancelled."), messages.SUCCESS)


@admin.register(BackendState)
class BackendStateAdmin(StyledMixin, ReadOnlyAdmin):
    """Not a list of rows: the backends of the settings, with what the rows say about them."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_test_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ai_cms_llm.change_backendstate")

    def get_urls(self) -> list[Any]:
        test = path(
            "test/<path:alias>/",
            self.admin_site.admin_view(self.test_view),
            name="ai_cms_llm_backendstate_test",
        )
        return [test, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("AI backends"),
            "opts": self.opts,
            "media": self.media,
            "backends": describe_backends(),
            "may_test": self.has_test_permission(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/ai_cms_llm/backendstate/backends.html", context)

    def change_view(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:ai_cms_llm_backendstate_changelist"))

    # A call to a provider must not hold a transaction.
    @transaction.non_atomic_requests
    def test_view(self, request: HttpRequest, alias: str) -> HttpResponse:
        """Call the backend once and tell how it went."""
        return require_POST(self._test)(request, alias)

    def _test(self, request: HttpRequest, alias: str) -> HttpResponse:
        if not self.has_test_permission(request):
            raise PermissionDenied
        if alias not in llms:
            self.message_user(request, _("There is no such backend."), messages.ERROR)
        else:
            try:
                result = try_backend(alias, by=str(request.user))
            except RequestRefused as error:
                reason = getattr(error, "reason", "")
                failure = _("The backend %(alias)s does not work: %(detail)s")
                shown = {"alias": alias, "detail": f"{error.detail} {reason}".strip()}
                self.message_user(request, failure % shown, messages.ERROR)
            else:
                success = _("The backend %(alias)s works: %(model)s answered in %(ms)s ms.")
                shown = {"alias": alias, "model": result.log.model_answered, "ms": str(result.log.latency_ms or 0)}
                self.message_user(request, success % shown, messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:ai_cms_llm_backendstate_changelist"))


def dollars(micro: int) -> str:
    """Return micro-dollars as people read them."""
    return f"$ {micro / 1_000_000:,.4f}"


def _turn_text(turn: JsonObject) -> str:
    known = {"role", "content"}
    more = {name: value for name, value in turn.items() if name not in known}
    return f"{turn.get('content', '')}{chr(10) if more else ''}{json.dumps(more, ensure_ascii=False) if more else ''}"
