"""The answer to a form without a valid CSRF token: in the admin a page of the admin that gives back what was typed.

Everywhere else Django's own view answers, with the project's ``403_csrf.html`` where it has one. The app makes this view
the default of ``CSRF_FAILURE_VIEW``; a project that has set another keeps it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure as django_failure

__all__ = ["csrf_failure", "declare_view"]

_DEFAULT = "django.views.csrf.csrf_failure"
_VIEW = "ai_cms.core.csrf.csrf_failure"
#: Characters of one field, and of all, that are shown.
MAX_SHOWN, MAX_SHOWN_OF_ALL = 200_000, 1_000_000
#: Fields that nobody should see on a page again; words of a name are parted by "_" or "-".
_SECRET = re.compile(r"pass|secret|token|csrf|credential|otp|(?:^|[_-])(?:api)?keys?(?:$|[_-])", re.IGNORECASE)


def declare_view() -> None:
    """Make this the view for failures unless the project has named one."""
    if getattr(settings, "CSRF_FAILURE_VIEW", _DEFAULT) == _DEFAULT:
        settings.CSRF_FAILURE_VIEW = _VIEW


def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    """Answer 403 to a form whose CSRF token is missing or wrong."""
    site = _admin_site(request)
    if site is None:
        return django_failure(request, reason=reason, **kwargs)
    request.current_app = site.name
    said = _("The form was not taken, so nothing was saved.")
    response: HttpResponse
    if "application/json" in request.headers.get("Accept", ""):
        response = JsonResponse({"detail": said}, status=403)
    else:
        response = _page(request, site, said, reason)
    patch_cache_control(response, private=True, no_store=True)
    return response


def _page(request: HttpRequest, site: Any, said: str, reason: str) -> HttpResponse:
    cause = _(
        "The page with the form was open for long, you have logged in again since, or your browser keeps no cookies."
    )
    ours = _is_ours(request)
    # An admin that knows its own forms shows their texts as its editors know them.
    view = getattr(request.resolver_match, "func", None)
    show = getattr(getattr(view, "model_admin", None), "show_unsent", None)
    if show is not None and ours:
        response: HttpResponse = show(request, f"{said} {cause}")
    else:
        context = {
            **site.each_context(request),
            "title": _("The form was not taken"),
            "said": said,
            "cause": cause,
            "texts": _typed(request) if ours else [],
            "address": request.get_full_path(),
            "reason": reason if settings.DEBUG else "",
        }
        response = TemplateResponse(request, "admin/ai_cms_core/csrf.html", context, status=403)
    if isinstance(response, TemplateResponse):
        response.render()
    return response


def _admin_site(request: HttpRequest) -> Any:
    """Return the admin that a request is for, ``None`` for one outside of it."""
    match = request.resolver_match
    if match is None or match.app_names[:1] != ["admin"]:
        return None
    # Imported by its name: a project may be without the admin.
    sites = import_string("django.contrib.admin.sites.all_sites")
    return next((site for site in sites if site.name == match.namespaces[0]), None)


def _is_ours(request: HttpRequest) -> bool:
    """Return whether the form stood on a page of this host, as far as the browser says.

    What another site sends in the name of a visitor is not shown to them as their own text.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return name and text of each field that was filled in; no secrets, no files, and not without end."""
    try:
        fields = list(request.POST.lists())
    except (UnreadablePostError, RequestDataTooBig, TooManyFieldsSent):
        return []
    found, left = [], MAX_SHOWN_OF_ALL
    for name, values in fields:
        text = "\n".join(map(str, values))[: min(MAX_SHOWN, left)]
        if not text.strip() or text == "on" or name.startswith(("_", "initial-")) or _SECRET.search(name):
            continue
        left -= len(text)
        found.append((name.replace("_", " ").capitalize(), text))
    return found
