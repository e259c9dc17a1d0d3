"""The editor's own page, and what its script is told at the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, get_language_bidi

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.web import preview_address
from ai_cms.pages.models import AbstractPage

from ..access import StudioView
from ..brand import brand_of
from .answers import EditorView, HtmlView
from .page_fields import fields_of, form_of
from .state import draft_state
from .words import words

__all__ = ["EditView", "LoggedInView"]

#: Addresses of one page's parts, by the name the script has for them.
_PARTS = ("manifest", "draft", "state", "merge", "render", "frame", "decide", "paste", "links", "patterns", "check")


class EditView(HtmlView):
    """The editor of one page."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page()
        boot = boot_of(page, request, self)
        return render(
            request,
            "ai_cms/studio/editor/edit.html",
            {
                "page": page,
                "boot": boot,
                "brand": brand_of(request),
                "language": get_language() or settings.LANGUAGE_CODE,
                "direction": "rtl" if get_language_bidi() else "ltr",
                "form": _address(f"admin:{page._meta.app_label}_{page._meta.model_name}_change", pk),
            },
        )


class LoggedInView(StudioView):
    """Where the log-in of the editor's dialog ends: the page tells the editor, and closes itself."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "ai_cms/studio/editor/logged_in.html")


def boot_of(page: AbstractPage, request: HttpRequest, view: EditorView) -> JsonObject:
    """Return what the script is told: addresses, rights, the draft, the page's fields, and its words."""
    after = urlencode({"next": reverse("ai_cms_studio:edit-logged-in")})
    return {
        "page": page.pk,
        "title": page.title,
        "user": str(request.user.pk),
        "name": str(getattr(request.user, "get_short_name", lambda: "")() or request.user),
        "csrf": get_token(request),
        "urls": {
            **{name: reverse(f"ai_cms_studio:edit-{name}", args=[page.pk]) for name in _PARTS},
            "login": f"{resolve_url(settings.LOGIN_URL)}?{after}",
            "preview": preview_address(page.pk),
            "edit": reverse("ai_cms_studio:edit", args=[0]),
            "home": _studio_home(),
            "history": reverse("ai_cms_studio:versions", args=[page.pk]),
            "comments": reverse("ai_cms_studio:comments", args=[page.pk]),
            "people": reverse("ai_cms_studio:mentions", args=[page.pk]),
            "presence": reverse("ai_cms_studio:presence", args=[page.pk]),
            "richtext": static("ai_cms/studio/editor/richtext.js"),
            "frameStyle": static("ai_cms/studio/editor/frame.css"),
            **_rest(page),
        },
        "rights": {name: view.can(name, page) for name in ("publish", "delete", "restore")},
        "draft": draft_state(page),
        "fields": {**fields_of(page), **form_of(page, view.actor)},
        "site": {"name": page.site.name, "host": request.get_host(), "zone": timezone.get_current_timezone_name()},
        "root": page.is_root,
        "locale": page.locale,
        "words": words(),
    }


def _rest(page: AbstractPage) -> dict[str, str]:
    """Return addresses of the REST interface, of those apps that are installed and mounted."""
    named: dict[str, tuple[str, list[Any]]] = {
        "assets": ("ai_cms_api:asset-list", []),
        "generate": ("ai_cms_api:ai-generate-text", []),
        "proposals": ("ai_cms_api:page-proposals", [page.pk]),
        "proposal": ("ai_cms_api:proposal-detail", [0]),
        "run": ("ai_cms_api:run-cancel", [0]),
    }
    return {name: _address(route, *arguments) for name, (route, arguments) in named.items()}


def _address(route: str, *arguments: object) -> str:
    """Return the address of a route; "" where the project does not mount it."""
    try:
        return reverse(route, args=arguments)
    except NoReverseMatch:
        return ""


def _studio_home() -> str:
    return _address("ai_cms_studio:home") or _address("admin:index")
