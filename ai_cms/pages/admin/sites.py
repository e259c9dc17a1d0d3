"""Sites: rename them and choose the default one. They are made by a command, with the root of their tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Site
from ..rows import visible_pages
from ..services.locks import touch_site
from .base import page_url

__all__ = ["SiteAdmin"]


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Site
        fields = ["name", "hostname", "locale"]

    def clean_hostname(self) -> str:
        host = str(self.cleaned_data["hostname"]).strip().lower()
        if "/" in host or " " in host:
            raise forms.ValidationError(_("Give the host name alone, such as www.example.com or localhost:8000."))
        return host


class SiteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A site's root is the lock of its tree, so no request makes one: ``manage.py create_site`` does."""

    form = SiteForm
    change_list_template = "admin/ai_cms_pages/site/list.html"
    list_display = ["name", "hostname", "locale", "is_default"]
    search_fields = ["name", "hostname"]
    list_filter = ["is_default", "locale"]
    actions = ["make_default"]

    class Media:
        css = {"all": ["ai_cms/core/admin.css", "ai_cms/pages/admin/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> Any:
        return [*self.list_display, self._home_page(request)]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["name", "hostname", "locale", "is_default"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str] | tuple[str, ...]:
        return ["is_default"]

    def _home_page(self, request: HttpRequest) -> Callable[[Site], str]:
        seen = dict(visible_pages(request).non_polymorphic().filter(parent=None).values_list("pk", "title"))

        @admin.display(description=gettext_lazy("home page"))
        def home_page(site: Site) -> str:
            if site.root_id not in seen:
                return ""
            url = page_url(self.admin_site.name, "change", site.root_id)
            return format_html('<a href="{}">{}</a>', url, seen[site.root_id])

        return home_page

    def save_model(self, request: HttpRequest, obj: Model, form: object, change: bool) -> None:
        # Only what was edited: the counter of changes beside it belongs to the services.
        obj.save(update_fields=["name", "hostname", "locale"])
        touch_site(obj.pk)

    @admin.action(description=gettext_lazy("Make it the default site"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[Site]) -> None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one site; only one can be the default."), messages.WARNING)
            return
        with transaction.atomic():
            Site.objects.filter(is_default=True).exclude(pk=chosen[0].pk).update(is_default=False)
            Site.objects.filter(pk=chosen[0].pk).update(is_default=True)
        text = _("Host names that no site has are answered by “%(site)s” now.") % {"site": chosen[0].name}
        self.message_user(request, text, messages.SUCCESS)
