"""Redirects and the rights of groups: plain tables by Django's model permissions, whose pages are those one sees."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import get_page_model
from ..addresses import normalise_path
from ..current_site import site_of
from ..models import Redirect
from ..rows import short, visible_pages
from .base import page_url
from .choosing import PageChoiceField
from .scripts import FORM_MEDIA

__all__ = ["PageGroupPermissionAdmin", "RedirectAdmin"]


class OfPageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that name a page; those of pages that the user does not see are not there."""

    class Media:
        css = {"all": ["ai_cms/core/admin.css", "ai_cms/pages/admin/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Redirect]:
        seen = visible_pages(request, deleted=True).non_polymorphic().order_by().values("pk")
        return super().get_queryset(request).filter(Q(page=None) | Q(page__in=seen))

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        remote = db_field.remote_field.model if db_field.remote_field else None
        if isinstance(remote, type) and issubclass(remote, get_page_model()):
            return PageChoiceField(
                request=request,
                site_name=self.admin_site.name,
                label=db_field.verbose_name.capitalize(),
                required=not db_field.blank,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @property
    def media(self) -> forms.Media:
        return super().media + FORM_MEDIA

    @admin.display(description=gettext_lazy("page"), ordering="page__path")
    def page_title(self, obj: Any) -> str:
        if obj.page_id is None:
            return ""
        if obj.page.deleted_at is not None:
            return _("%(title)s (in the bin)") % {"title": short(obj.page.title)}
        url = page_url(self.admin_site.name, "change", obj.page_id)
        return format_html('<a href="{}">{}</a> {}', url, short(obj.page.title), obj.page.path)


class RedirectForm(forms.ModelForm):  # type: ignore[type-arg]
    #: The host the editor is at, and the site that answers there: it may have more names than the one it is known by.
    here: tuple[str, Any] = ("", None)

    class Meta:
        model = Redirect
        fields = ["site", "old_path", "page", "target", "permanent"]

    def clean_old_path(self) -> str:
        path = str(self.cleaned_data["old_path"])
        if "?" in path or "#" in path or "://" in path:
            raise forms.ValidationError(_("Give the path alone, such as /old/page/."))
        return normalise_path(path)

    def clean_target(self) -> str:
        target = str(self.cleaned_data["target"]).strip()
        if target and not target.startswith(("/", "https://", "http://")):
            raise forms.ValidationError(_("Give a path or an address that begins with https://."))
        if target.startswith("//"):
            raise forms.ValidationError(_("Give an address with its scheme, such as https://example.com/."))
        return target

    def clean(self) -> Any:
        values = super().clean() or {}
        host, site = self.here
        parts = urlsplit(values.get("target") or "")
        if host and parts.netloc.lower() == host and values.get("site") == site:
            # A path, so that circles are found and the redirect holds under every name of the site.
            values["target"] = urlunsplit(("", "", parts.path or "/", parts.query, parts.fragment))
        if "page" in values and "target" in values and bool(values["page"]) == bool(values["target"]):
            self.add_error("target", _("Choose either a page or an address."))
        return values


class RedirectAdmin(OfPageAdmin):
    """Where old paths lead."""

    form = RedirectForm
    list_display = ["old_path", "site", "page_title", "target", "permanent", "automatic"]
    list_filter = ["site", "permanent", "automatic"]
    search_fields = ["old_path", "target", "page__title"]
    list_select_related = ["site", "page"]
    readonly_fields = ["automatic", "created_at"]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: object) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.here = (request.get_host().lower(), site_of(request))
        return form

    def save_model(self, request: HttpRequest, obj: Redirect, form: object, change: bool) -> None:
        # Who changes it by hand owns it: the next move must not take it away.
        obj.automatic = False
        super().save_model(request, obj, form, change)


class PageGroupPermissionAdmin(OfPageAdmin):
    """What groups may do, subtree by subtree."""

    list_display = ["group", "page_title", "can_add", "can_change", "can_delete", "can_publish"]
    list_display_links = ["group"]
    list_filter = ["group"]
    search_fields = ["group__name", "page__title", "page__path"]
    list_select_related = ["group", "page"]
    fields = ["group", "page", "can_add", "can_change", "can_delete", "can_publish"]
