"""The admin of core's own tables. Secrets are shown once, right after a token was made, and never again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .dates import native_field
from .flags import set_flag
from .models import ApiToken, IdempotencyRecord, RateLimitCounter, RuntimeFlag
from .permissions import SCOPES
from .tokens import create_token, revoke_token

__all__ = [
    "ApiTokenAdmin",
    "ApiTokenForm",
    "ClearAdmin",
    "IdempotencyRecordAdmin",
    "RateLimitCounterAdmin",
    "ReadOnlyAdmin",
    "RuntimeFlagAdmin",
]

_SCOPE_LABELS = {
    "read": _("read: see what the user may see"),
    "propose": _("propose: suggest changes, which a person accepts or rejects"),
    "write": _("write: create, change and delete"),
    "publish": _("publish: publish and unpublish"),
    "admin": _("admin: what only staff may do"),
}


class ClearAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A ModelAdmin whose lists and dates have no barriers: targets, links and labels by WCAG 2.2 AA."""

    class Media:
        css = {"all": ["ai_cms/core/admin.css"]}

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        return native_field(db_field, **kwargs) or super().formfield_for_dbfield(db_field, request, **kwargs)


class ReadOnlyAdmin(ClearAdmin):
    """Show rows, change nothing; deleting stays possible with the permission."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]
    scope = forms.ChoiceField(
        label=_("Scope"),
        choices=[(scope, _SCOPE_LABELS[scope]) for scope in SCOPES],
        initial="read",
        widget=forms.RadioSelect,
        help_text=_("Each includes all above it. It narrows what the user may do, it never adds to it."),
    )

    class Meta:
        model = ApiToken
        fields = ["user", "name", "expires_at"]

    def clean_expires_at(self) -> Any:
        value = self.cleaned_data["expires_at"]
        if value is not None and value <= timezone.now():
            raise forms.ValidationError(_("The expiry must be in the future."))
        return value


@admin.register(ApiToken)
class ApiTokenAdmin(ClearAdmin):
    form = ApiTokenForm
    list_display = ["__str__", "user", "agent", "scope_list", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["revoked_at", "created_at"]
    search_fields = ["name", "hint"]
    list_select_related = ["user", "agent"]
    raw_id_fields = ["user"]
    actions = ["revoke"]
    fields = ["user", "name", "scope", "expires_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        found = super().get_queryset(request)
        return found if request.user.is_superuser else found.filter(user_id=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        if obj is not None:
            return [
                "user",
                "agent",
                "name",
                "hint",
                "scope_list",
                "created_at",
                "expires_at",
                "last_used_at",
                "revoked_at",
            ]
        # Whoever could choose the user could take the rights of a superuser.
        return self.fields if request.user.is_superuser else ["name", "scope", "expires_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str] | tuple[str, ...]:
        # Wider scopes or a later end for a secret that is out already would surprise whoever handed it out.
        return [] if obj is None else [name for name in self.get_fields(request, obj) if name != "name"]

    def get_form(
        self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: object
    ) -> Any:
        if obj is not None:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["name"])
            return
        user = form.cleaned_data.get("user") or request.user
        token, secret = create_token(
            user, scopes=[form.cleaned_data["scope"]], name=obj.name, expires_at=form.cleaned_data["expires_at"]
        )
        obj.__dict__.update({key: value for key, value in token.__dict__.items() if key != "_state"})
        obj._state.adding = False
        obj._secret = secret  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        # In the answer itself and nowhere else: a message would be stored in a cookie or in the session.
        context = {
            **self.admin_site.each_context(request),
            "title": _("The new API token"),
            "opts": self.opts,
            "secret": obj._secret,  # type: ignore[attr-defined]
            "back": reverse(f"{self.admin_site.name}:ai_cms_core_apitoken_changelist"),
        }
        response = TemplateResponse(request, "admin/ai_cms_core/apitoken/secret.html", context)
        response["Cache-Control"] = "private, no-store"
        return response

    @admin.display(description=_("scopes"))
    def scope_list(self, obj: ApiToken) -> str:
        return ", ".join(obj.scopes)

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        tokens = list(queryset.filter(revoked_at=None))
        for token in tokens:
            revoke_token(token)
        self.message_user(
            request,
            ngettext("%(number)d token was revoked.", "%(number)d tokens were revoked.", len(tokens))
            % {"number": len(tokens)},
            messages.SUCCESS,
        )


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    """Without keys and answers: they belong to whoever sent the request."""

    list_display = ["principal", "status_code", "created_at", "leased_until", "expires_at"]
    fields = ["principal", "status_code", "created_at", "leased_until", "expires_at"]
    readonly_fields = ["principal", "status_code", "created_at", "leased_until", "expires_at"]
    list_filter = ["status_code"]
    date_hierarchy = "created_at"


@admin.register(RateLimitCounter)
class RateLimitCounterAdmin(ReadOnlyAdmin):
    list_display = ["scope", "count", "expires_at"]
    fields = ["scope", "count", "expires_at"]
    readonly_fields = ["scope", "count", "expires_at"]
    list_filter = ["scope"]


@admin.register(RuntimeFlag)
class RuntimeFlagAdmin(ClearAdmin):
    list_display = ["name", "enabled", "updated_at"]
    fields = ["name", "enabled"]

    def get_readonly_fields(self, request: HttpRequest, obj: RuntimeFlag | None = None) -> list[str] | tuple[str, ...]:
        return [] if obj is None else ["name"]

    def save_model(self, request: HttpRequest, obj: RuntimeFlag, form: object, change: bool) -> None:
        flag = set_flag(obj.name, obj.enabled)
        obj.pk = flag.pk
