"""Preview links: make one, copy it, end one or all."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai_cms.core.permissions import Actor, policy_for

from ..models import PreviewLink
from ..rows import short
from ..services.previews import make_preview_link, revoke_preview_links
from .base import PagesAdmin
from .readonly import PolicyReadOnlyAdmin

__all__ = ["PreviewLinkAdmin", "PreviewLinkViews"]

DAY = 86_400


class LinkForm(forms.Form):
    """How long a link is good."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=int,
        initial=7,
        choices=[
            (1, gettext_lazy("1 day")),
            (7, gettext_lazy("7 days")),
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
        ],
    )


class PreviewLinkViews(PagesAdmin):
    """The views of a page's preview links."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("<int:pk>/preview-links/", self.links_view, "links", "GET", "POST"),
            self.route("<int:pk>/preview-links/revoke/", self.revoke_view, "links_revoke", "POST"),
        ]

    def links_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "change")
        form = LinkForm(request.POST if request.method == "POST" else None, label_suffix="")
        address = ""
        if form.is_valid():
            _link, token = make_preview_link(
                page, actor=Actor.from_request(request), max_age=form.cleaned_data["days"] * DAY
            )
            address = self._address(request, token)
            form = LinkForm(label_suffix="")
        trail = self.trail(request, page)
        crumbs = [*trail, (short(page.title, 30), self.link("change", page.pk)), (_("Preview links"), "")]
        # The address is in this one answer and nowhere else: only its signature is needed to check it.
        return self.show(
            request,
            "page/links.html",
            _("Preview links: %(title)s") % {"title": short(page.title)},
            crumbs=crumbs,
            page=page,
            form=form,
            address=address,
            mounted=_mounted(),
            links=PreviewLink.objects.filter(page_id=page.pk, revoked_at=None, expires_at__gt=timezone.now())
            .select_related("created_by")
            .order_by("-created_at")[:100],
        )

    def _address(self, request: HttpRequest, token: str) -> str:
        if not _mounted():
            return token
        return request.build_absolute_uri(reverse("ai_cms_pages:preview-link", args=[token]))

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "change")
        raw = request.POST.get("link", "")
        link = None
        if raw:
            known = raw.isdecimal() and len(raw) < 19
            link = PreviewLink.objects.filter(page_id=page.pk, pk=int(raw)).first() if known else None
            if link is None:
                self.tell(request, _("There is no such link any more."), messages.WARNING)
                return HttpResponseRedirect(self.link("links", page.pk))
        ended = revoke_preview_links(page, actor=Actor.from_request(request), link=link)
        text = ngettext("%(number)d link was ended.", "%(number)d links were ended.", ended) % {"number": ended}
        self.tell(request, text)
        return HttpResponseRedirect(self.link("links", page.pk))


def _mounted() -> bool:
    try:
        reverse("ai_cms_pages:preview-link", args=["x"])
    except NoReverseMatch:
        return False
    return True


class PreviewLinkAdmin(PolicyReadOnlyAdmin):
    """The links without their tokens: who made them, and until when they are good."""

    list_display = ["page_title", "created_by", "created_at", "expires_at", "revoked_at"]
    list_filter = ["expires_at", "revoked_at"]
    search_fields = ["page__title", "page__path"]
    fields = ["page_title", "created_by", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["page", "created_by"]
    actions = ["revoke"]

    @admin.action(description=gettext_lazy("End the selected links"), permissions=["end"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PreviewLink]) -> None:
        actor = Actor.from_request(request)
        ended = refused = 0
        for link in queryset.select_related("page"):
            if policy_for(link).can(actor, "change", link):
                ended += revoke_preview_links(link.page, actor=actor, link=link)
            else:
                refused += 1
        if ended:
            text = ngettext("%(number)d link was ended.", "%(number)d links were ended.", ended) % {"number": ended}
            self.message_user(request, text, messages.SUCCESS)
        if refused:
            self.message_user(request, _("You may not end links of pages you may not edit."), messages.WARNING)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "change")
