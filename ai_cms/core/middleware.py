"""Answer from memory, keep people out while the site is under maintenance, tell them when the database is busy or away, and keep
what was made for one of them out of caches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.cache import patch_cache_control
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from .api.authentication import get_authenticators
from .conf import core_settings
from .databases import database_refusal
from .exceptions import Unavailable
from .flags import MAINTENANCE, peek_flag
from .lane.slots import SLOT, Slot, slot_of
from .lane.traffic import Ask, get_lane
from .maintenance import Form, maintenance_answer, maintenance_enabled, unavailable_answer

__all__ = ["DatabaseErrorMiddleware", "FastLaneMiddleware", "MaintenanceMiddleware", "PrivateResponseMiddleware"]


class MaintenanceMiddleware:
    """Answer 503 during maintenance to everyone but staff: JSON to API clients, a page to browsers, a line to others.

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
        if not maintenance_enabled() or _is_exempt(request):
            return None
        try:
            if _is_staff(request):
                return None
        except DatabaseError as error:
            # What is away during maintenance is told as maintenance; it is in the log.
            if database_refusal(error) is None:
                raise
        return maintenance_answer(_form_for(request))


class FastLaneMiddleware:
    """The fast lane for projects that do not wrap their application, or whose middleware above must see every request.

    What stands above it sees every request; what stands below it is part of what is kept.
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
        ask = self.ask(request)
        if ask is None:
            return self.get_response(request)
        return self.find(ask) or self.keep(request, ask, self.get_response(request))

    async def __acall__(self, request: HttpRequest) -> Any:
        ask = self.ask(request)
        if ask is None:
            return await self.get_response(request)
        found = await sync_to_async(self.find)(ask)
        return found or await sync_to_async(self.keep)(request, ask, await self.get_response(request))

    def ask(self, request: HttpRequest) -> Ask | None:
        """Return what to look for; None where another entrance of the lane has seen the request."""
        lane = get_lane()
        if lane.place == "off" or slot_of(request)[0]:
            return None
        ask = lane.ask(
            request.META, request.META.get("wsgi.url_scheme") or getattr(request, "scope", {}).get("scheme", "")
        )
        request.META[SLOT] = None if ask is None else Slot()
        return ask

    def find(self, ask: Ask) -> HttpResponseBase | None:
        """Return the kept answer."""
        found = get_lane().find(ask)
        if found is None:
            return None
        status, headers, body = found
        response = HttpResponse(body, status=int(status[:3]))
        del response["Content-Type"]
        for name, value in headers:
            response.headers[name] = value
        return response

    def keep(self, request: HttpRequest, ask: Ask, response: HttpResponseBase) -> HttpResponseBase:
        """Keep the answer, if its view says so and what has become of it since may be kept."""
        slot = request.META[SLOT]
        if slot.kind and isinstance(response, HttpResponse) and not response.cookies:
            status = f"{response.status_code} {response.reason_phrase}"
            get_lane().fill(ask, slot, status, list(response.items()), response.content)
        return response


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
        return unavailable_answer(refusal, _form_for(request))


class PrivateResponseMiddleware:
    """Mark what was made with a visitor's session as private where the view says nothing of caches.

    Most of Django's views do; those for changing a password, which the admin shows, do not. Put it below
    ``SessionMiddleware``.
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
        return self.mark(request, self.get_response(request))

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        return self.mark(request, await self.get_response(request))

    def mark(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add ``Cache-Control`` if the session was looked at and the response has none; asks no database."""
        session = getattr(request, "session", None)
        if session is not None and session.accessed and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


def _is_exempt(request: HttpRequest) -> bool:
    # What settings name begins at the project's root; reverse() puts the prefix in front under which the project is served.
    if request.path_info.startswith(tuple(core_settings.MAINTENANCE_EXEMPT_PATHS)):
        return True
    prefixes = _paths_of("admin:index", "ai_cms_core:health-check")
    for setting in (settings.STATIC_URL, resolve_url(settings.LOGIN_URL)):
        if setting and setting.startswith("/") and setting != "/":
            prefixes.append(setting)
    return request.path.startswith(tuple(prefixes)) or request.path_info.startswith(tuple(prefixes))


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


def _form_for(request: HttpRequest) -> Form:
    """Return the form of an answer: JSON below the API and for who takes no HTML, a page for who names it, else a line."""
    # Wherever the host has mounted the REST interface, also below a prefix of the server's.
    mounted = [
        "/" + path.removeprefix(get_script_prefix()).removesuffix("schema/") for path in _paths_of("ai_cms_api:schema")
    ]
    api = [*core_settings.MAINTENANCE_API_PATHS, *(path for path in mounted if path != "/")]
    if request.path_info.startswith(tuple(api)):
        return "json"
    if not request.accepts("text/html"):
        return "text" if request.accepts("text/plain") else "json"
    accepted = request.headers.get("Accept", "text/html").lower()
    # Tools and scripts send "*/*" and show what they get as it is.
    return "page" if "text/" in accepted or "application/xhtml" in accepted else "text"
