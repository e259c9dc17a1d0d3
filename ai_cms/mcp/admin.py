"""The admin of agents of others: make one, limit it, give it a token, stop it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from ai_cms.blocks.types.registry import blocks
from ai_cms.core.admin import ClearAdmin
from ai_cms.core.agents import create_agent_token, release_from_outside, stop_agent
from ai_cms.core.conf import core_settings
from ai_cms.core.models import AgentAccount
from ai_cms.core.permissions import Actor, get_policy, reach_of
from ai_cms.pages import get_page_model

from .budgets import credits_of, set_credits

__all__ = ["AgentAccountAdmin", "AgentAccountForm"]

_SCOPES = {
    "read": gettext_lazy("read: see what its owner may see"),
    "propose": gettext_lazy("propose: suggest changes, which a person accepts or rejects"),
    "write": gettext_lazy("write: change drafts; publishing stays with people"),
    "publish": gettext_lazy("publish: publish over REST without a person"),
}


class AgentAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an agent may do. ``request``: of whoever fills it in, whose pages are the ones that can be named."""

    request: HttpRequest
    subtrees = forms.CharField(
        label=gettext_lazy("Keep it to pages"),
        required=False,
        help_text=gettext_lazy(
            "Numbers of pages, with commas; it sees and changes these and what is below. Empty for all."
        ),
    )
    block_types = forms.MultipleChoiceField(
        label=gettext_lazy("Types of blocks it may write"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked is all."),
    )
    credits = forms.IntegerField(
        label=gettext_lazy("Text credits a month"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("What it may spend on the site's own models. Empty for what its owner has."),
    )

    class Meta:
        model = AgentAccount
        fields = ["name", "owner", "scope", "subtrees", "block_types", "rate_per_minute", "max_calls", "expires_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = reach_of(core_settings.AGENT_SCOPES)
        scopes: Any = self.fields["scope"]
        scopes.choices = [(scope, label) for scope, label in _SCOPES.items() if scope in allowed]
        types: Any = self.fields["block_types"]
        types.choices = [(name, item.block_meta.label) for name, item in blocks.items()]
        self.initial["subtrees"] = ", ".join(map(str, self.instance.subtrees or []))
        if self.instance.pk:
            self.initial["credits"] = credits_of(self.instance)

    def clean_subtrees(self) -> list[int]:
        """Return the keys that were named. Raises ValidationError for a page that is not there, or not theirs to see."""
        words = self.cleaned_data["subtrees"].replace("#", "").replace(",", " ").split()
        if not all(word.isascii() and word.isdecimal() and len(word) < 19 for word in words):
            raise forms.ValidationError(_("Write numbers of pages, with commas between them."))
        keys = sorted({int(word) for word in words})
        model = get_page_model()
        rows = get_policy(model).visible(Actor.from_request(self.request), model.objects.filter(pk__in=keys))
        missing = set(keys) - set(rows.order_by().values_list("pk", flat=True))
        if missing:
            raise forms.ValidationError(_("There is no page %(number)d.") % {"number": min(missing)})
        return keys

    def clean_expires_at(self) -> Any:
        value = self.cleaned_data["expires_at"]
        if value is not None and value <= timezone.now() and "expires_at" in self.changed_data:
            raise forms.ValidationError(_("The expiry must be in the future."))
        return value


@admin.register(AgentAccount)
class AgentAccountAdmin(ClearAdmin):
    """One's own agents; superusers see all."""

    form = AgentAccountForm
    change_form_template = "admin/ai_cms_mcp/agent/change_form.html"
    list_display = ["name", "owner", "scope", "state", "calls", "expires_at", "created_at"]
    list_filter = ["scope", "created_at"]
    search_fields = ["name"]
    list_select_related = ["owner"]
    raw_id_fields = ["owner"]
    actions = ["stop", "release"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentAccount]:
        found = super().get_queryset(request)
        return found if request.user.is_superuser else found.filter(owner_id=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: AgentAccount | None = None) -> Any:
        # Whoever could choose the owner could take the rights of a superuser.
        owner = ["owner"] if request.user.is_superuser else []
        limits = ["subtrees", "block_types", "rate_per_minute", "max_calls", "credits", "expires_at"]
        known = [] if obj is None else ["state", "calls", "contained"]
        return ["name", *owner, "scope", *limits, *known]

    def get_readonly_fields(self, request: HttpRequest, obj: AgentAccount | None = None) -> list[str]:
        # Its tokens are out already, with the rights of this owner.
        return [] if obj is None else ["owner", "state", "calls", "contained"]

    def get_form(
        self, request: HttpRequest, obj: AgentAccount | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        made = super().get_form(request, obj, change=change, **kwargs)
        return type(made.__name__, (made,), {"request": request})

    def save_model(self, request: HttpRequest, obj: AgentAccount, form: Any, change: bool) -> None:
        if not change and not request.user.is_superuser:
            owner: Any = request.user
            obj.owner = owner
        super().save_model(request, obj, form, change)
        if "credits" in form.changed_data:
            set_credits(obj, form.cleaned_data["credits"])

    def get_urls(self) -> list[URLPattern]:
        token = path("<int:pk>/token/", self.admin_site.admin_view(require_POST(self.token_view)), name="agent_token")
        return [token, *super().get_urls()]

    def token_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Make a token of an agent, and show its secret this once."""
        agent = self.get_queryset(request).filter(pk=pk).first()
        if agent is None or not self.has_change_permission(request, agent) or not agent.is_alive():
            raise PermissionDenied
        token, secret = create_agent_token(agent)
        self.log_change(request, agent, _("Made the token %(token)s") % {"token": token})
        context = {
            **self.admin_site.each_context(request),
            "title": _("The new token of %(agent)s") % {"agent": agent},
            "opts": self.opts,
            "secret": secret,
            "back": reverse(f"{self.admin_site.name}:ai_cms_core_agentaccount_change", args=[agent.pk]),
        }
        response = TemplateResponse(request, "admin/ai_cms_core/apitoken/secret.html", context)
        response["Cache-Control"] = "private, no-store"
        return response

    def response_post_save_add(self, request: HttpRequest, obj: AgentAccount) -> HttpResponseRedirect:
        self.message_user(request, _("The agent can do nothing yet: make a token for it."), messages.INFO)
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:ai_cms_core_agentaccount_change", args=[obj.pk]))

    @admin.display(description=gettext_lazy("state"))
    def state(self, obj: AgentAccount) -> str:
        if obj.stopped_at is not None:
            return _("stopped")
        if not obj.owner.is_active:
            return _("stopped: its owner is not active")
        return _("active") if obj.is_alive() else _("expired")

    @admin.display(description=gettext_lazy("contained"))
    def contained(self, obj: AgentAccount) -> str:
        if not obj.is_contained() or obj.outside_until is None:
            return _("no")
        until = timezone.localtime(obj.outside_until)
        words = _("until %(time)s it only proposes, since it has read: %(what)s")
        return words % {"time": f"{until:%H:%M}", "what": obj.outside_source}

    @admin.action(description=gettext_lazy("Stop the selected agents"), permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[AgentAccount]) -> None:
        agents = list(queryset.filter(stopped_at=None))
        for agent in agents:
            stop_agent(agent)
        words = ngettext("%(number)d agent was stopped.", "%(number)d agents were stopped.", len(agents))
        self.message_user(request, words % {"number": len(agents)}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Let the selected agents write again"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[AgentAccount]) -> None:
        agents = list(queryset)
        for agent in agents:
            release_from_outside(agent)
        words = ngettext(
            "%(number)d agent is no longer contained.", "%(number)d agents are no longer contained.", len(agents)
        )
        self.message_user(request, words % {"number": len(agents)}, messages.SUCCESS)
