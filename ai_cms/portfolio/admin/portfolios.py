"""All portfolios as a list; each is edited as the page it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ai_cms.core.admin import ClearAdmin
from ai_cms.core.exceptions import NotFound, PermissionRefused
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages import get_page_model
from ai_cms.portfolio.models import PortfolioMixin
from ai_cms.portfolio.services import update_portfolio

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["PortfolioAdmin"]


class PortfolioAdmin(ClearAdmin):
    """Who has which portfolio, and which of them the public sees. New ones are made on the pages of their owners."""

    list_display = ["title", "owner", "role", "goal", "published", "address", "updated_at"]
    list_filter = ["goal", "is_guided"]
    search_fields = ["title", "slug", "role"]
    ordering = ["-updated_at"]
    actions = ["take_off"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        rows = self.model.objects.non_polymorphic().defer("content_json", "metadata").select_related("owner")
        return get_policy(self.model).visible(Actor.from_request(request), rows).order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return Actor.from_request(request).is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), "view", obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), "view" if obj is None else "change", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # The page of the portfolio has the button: it says what goes with it, and the bin.
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: object, **kwargs: object) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        meta = get_page_model()._meta
        name = f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[found.pk]))

    @admin.display(description=_("published"), boolean=True)
    def published(self, portfolio: AbstractPage) -> bool:
        return bool(portfolio.live)

    @admin.display(description=_("address"))
    def address(self, portfolio: AbstractPage) -> str:
        url = portfolio.get_absolute_url()
        return format_html('<a href="{}">{}</a>', url, url) if portfolio.live else ""

    @admin.action(description=_("Take off the public site"), permissions=["change"])
    def take_off(self, request: HttpRequest, queryset: QuerySet[PortfolioMixin]) -> None:
        actor = Actor.from_request(request)
        done = refused = 0
        for portfolio in queryset:
            try:
                update_portfolio(portfolio, actor=actor, is_published=False)
            except (NotFound, PermissionRefused):
                refused += 1
            else:
                done += 1
        if done:
            text = ngettext("%(n)d portfolio is off now.", "%(n)d portfolios are off now.", done)
            self.message_user(request, text % {"n": done}, messages.SUCCESS)
        if refused:
            text = ngettext("%(n)d may not be changed by you.", "%(n)d may not be changed by you.", refused)
            self.message_user(request, text % {"n": refused}, messages.ERROR)
