"""Where the studio's links lead, whatever is installed and mounted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from ai_cms.core.web import preview_address
from ai_cms.pages import get_page_model

__all__ = ["admin_page_url", "admin_url", "came_from", "edit_url", "link", "login_url"]


def link(name: str, *args: object, **query: Any) -> str:
    """Return the URL of one of the studio's views; ``query`` is appended, empty values left out."""
    url = reverse(f"ai_cms_studio:{name}", args=args)
    wanted = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{url}?{urlencode(wanted)}" if wanted else url


def edit_url(pk: object) -> str:
    """Return where a page is edited: in the studio's editor, else in the admin, else where its draft is shown."""
    try:
        return reverse("ai_cms_studio:edit", args=[pk])
    except NoReverseMatch:
        return admin_page_url("change", pk) or preview_address(pk) or link("versions", pk)


def admin_page_url(name: str, *args: object) -> str:
    """Return the URL of a view of the pages' admin; "" without one."""
    meta = get_page_model()._meta
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)
    except NoReverseMatch:
        return ""


def admin_url() -> str:
    """Return where the admin is; "" without one."""
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return ""


def login_url(request: HttpRequest) -> str:
    """Return where one logs in to come back here."""
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}"


def came_from(request: HttpRequest, default: str) -> str:
    """Return the page of the studio that a form was sent from; ``default`` where it is not told, or is none of the studio's."""
    referer = request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    mount = link("home")
    if not own or not referer.partition("://")[2].partition("/")[2].startswith(mount[1:]):
        return default
    return "/" + referer.partition("://")[2].partition("/")[2]
