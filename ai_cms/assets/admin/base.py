"""What the admin views of assets share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

from ai_cms.assets import get_asset_model, get_folder_model
from ai_cms.assets.models import AbstractAsset
from ai_cms.assets.usage import Usage
from ai_cms.blocks.html.references import Use
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor, get_policy, policy_for

__all__ = ["AssetsAdmin", "explain"]

View = Callable[..., HttpResponseBase]


def explain(error: RequestRefused) -> str:
    """Return what a refusal says, as one sentence or several."""
    if not error.errors:
        return str(error.detail)
    return " ".join(str(message) for problems in error.errors.values() for message in problems)


class AssetsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Ask the policy of the model, whatever Django's permissions say, and answer refusals as pages and messages."""

    def guarded(self, view: View) -> View:
        """Return a view for staff only, in which what is refused is told as a message, and what is unseen is 404."""

        @wraps(view)
        def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            try:
                response = view(request, *args, **kwargs)
            except NotFound as error:
                raise Http404 from error
            except PermissionRefused as error:
                raise PermissionDenied from error
            except RequestRefused as error:
                messages.error(request, explain(error))
                return HttpResponseRedirect(
                    request.get_full_path() if request.method == "POST" else self.link("changelist")
                )
            response["Cache-Control"] = "private, no-store"
            return response

        return self.admin_site.admin_view(inner)

    def link(self, name: str, *args: object) -> str:
        """Return the address of one of the asset admin's views."""
        meta = get_asset_model()._meta
        return reverse(f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_{name}", args=args)

    def folders_link(self) -> str:
        """Return the address of the list of folders."""
        meta = get_folder_model()._meta
        return reverse(f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_changelist")

    def page(self, request: HttpRequest, template: str, **context: object) -> TemplateResponse:
        """Return an admin page."""
        values = {
            **self.admin_site.each_context(request),
            "opts": get_asset_model()._meta,
            "links": {name: self.link(name) for name in ("changelist", "upload", "picker", "queue")},
            **context,
        }
        return TemplateResponse(request, f"admin/ai_cms_assets/{template}.html", values)

    def visible(self, request: HttpRequest, rows: Any) -> Any:
        """Return the rows that the user may see."""
        return get_policy(rows.model).visible(Actor.from_request(request), rows)

    def asset(self, request: HttpRequest, pk: int) -> AbstractAsset:
        """Return an asset with what its page shows. Raises NotFound for what is not there or may not be seen."""
        rows = get_asset_model().objects.prefetch_related("tags", "renditions")
        found: AbstractAsset | None = self.visible(request, rows).filter(pk=pk).first()
        if found is None:
            raise NotFound
        return found

    def uses(self, request: HttpRequest, usage: Usage) -> list[dict[str, str]]:
        """Return the uses that the user may see, with the admin page of each: {"kind", "label", "url", "edit"}."""
        actor = Actor.from_request(request)
        return [
            {"kind": use.kind, "label": use.label, "url": use.url, "edit": self._edit_link(use, actor)}
            for use in usage.seen_by(actor)
        ]

    def _edit_link(self, use: Use, actor: Actor) -> str:
        page = getattr(use.target, "page", use.target)
        if not policy_for(page).can(actor, "change", page):
            return ""
        meta = page._meta
        try:
            return reverse(f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_change", args=[page.pk])
        except NoReverseMatch:
            return ""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return Actor.from_request(request).is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), "view", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        actor = Actor.from_request(request)
        return get_policy(self.model).can(actor, "view" if obj is None else "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is not None and get_policy(self.model).can(Actor.from_request(request), "delete", obj)
