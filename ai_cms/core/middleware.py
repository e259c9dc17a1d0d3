"""Keep people out while the site is under maintenance, and tell them when the database is busy or away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, get_script_prefix, reverse
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from .conf import core_settings
from .databases import database_refusal
from .exceptions import Unavailable
from .flags import MAINTENANCE, peek_flag
from .maintenance import json_answer, maintenance_enabled, page_answer, unavailable_answer

__all__ = ["DatabaseErrorMiddleware", "MaintenanceMiddleware"]


class MaintenanceMiddleware:
    """Answer 503 during maintenance to everyone but staff: JSON to API clients, a page to browsers.

    The admin, which lets in nobody else, its login, the health check and static files stay reachable. Put it below
    ``AuthenticationMiddleware``.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self.__acall__(request)
        return self.refuse(request) or self.get_response(request)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        # Nearly always the answer is known, and the way through a thread is saved.
        known_open = not core_settings.MAINTENANCE and peek_flag(MAINTENANCE) is False
        answer = None if known_open else await sync_to_async(self.refuse)(request)
        response: HttpResponseBase = answer or await self.get_response(request)
        return response

    def refuse(self, request: HttpRequest) -> HttpResponseBase | None:
        """Return the 503 answer, or ``None`` to let the request through."""
        if not maintenance_enabled() or _is_exempt(request.path_info) or _is_staff(request):
            return None
        return json_answer() if _wants_json(request) else page_answer()


class DatabaseErrorMiddleware:
    """Answer 503 and when to come back, instead of 500, where a view finds the database locked or not reachable.

    Views of the REST API do so by themselves; this is for pages, the admin and logins. Its place does not matter.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Return the 503 answer; ``None`` lets every other error rise."""
        refusal = database_refusal(error)
        if not isinstance(refusal, Unavailable):
            return None
        return unavailable_answer(refusal, as_json=_wants_json(request))


def _is_exempt(path: str) -> bool:
    prefixes = [*core_settings.MAINTENANCE_EXEMPT_PATHS, *_paths_of("admin:index", "ai_cms_core:health-check")]
    for setting in (settings.STATIC_URL, resolve_url(settings.LOGIN_URL)):
        if setting and setting.startswith("/") and setting != "/":
            prefixes.append(setting)
    return path.startswith(tuple(prefixes))


def _paths_of(*names: str) -> list[str]:
    found = []
    for name in names:
        try:
            found.append(reverse(name))
        except NoReverseMatch:
            continue
    return found


def _is_staff(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        user = _user_of_credentials(request)
    return bool(user is not None and user.is_active and user.is_staff)


def _user_of_credentials(request: HttpRequest) -> Any:
    """Return the user whom an ``Authorization`` header proves, by the authentication classes of the API."""
    from .api.authentication import get_authenticators

    if "HTTP_AUTHORIZATION" not in request.META:
        return None
    wrapped = Request(request)
    for authenticator in get_authenticators():
        if isinstance(authenticator, SessionAuthentication):
            continue
        try:
            found = authenticator.authenticate(wrapped)
        except APIException:
            return None
        if found is not None:
            return found[0]
    return None


def _wants_json(request: HttpRequest) -> bool:
    if request.path_info.startswith(tuple(core_settings.MAINTENANCE_API_PATHS)) or not request.accepts("text/html"):
        return True
    # Wherever the host has mounted the REST interface, also below a prefix of the server's.
    try:
        prefix = reverse("ai_cms_api:schema", getattr(request, "urlconf", None)).removesuffix("schema/")
    except NoReverseMatch:
        return False
    inner = "/" + prefix.removeprefix(get_script_prefix())
    return inner != "/" and request.path_info.startswith(inner)
