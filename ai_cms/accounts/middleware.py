"""Keep the list of log-ins true for browsers: when each was last used, and until when it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from . import sessions
from .models import LoginSession

__all__ = ["LoginSessionMiddleware"]

_MOST_REMEMBERED = 10_000


class LoginSessionMiddleware:
    """Note the use of a browser's log-in, at most once a minute and process. Put it below ``SessionMiddleware``.

    Only requests that asked for the session anyway are looked at: a public page stays one that caches may keep.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        self._noted: dict[str, float] = {}
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self.__acall__(request)
        response = self.get_response(request)
        self.note(request)
        return response

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await self.get_response(request)
        if request.session.accessed:
            await sync_to_async(self.note)(request)
        return response

    def note(self, request: HttpRequest) -> None:
        """Write the use down, if a minute has passed since it was."""
        if not request.session.accessed:
            return
        try:
            self._note(request)
        except DatabaseError as error:
            # Bookkeeping must not fail a request that was answered, be it with what is the matter with the database.
            sessions.logger.warning("Could not note the use of a log-in: %s", " ".join(str(error).split()))

    def _note(self, request: HttpRequest) -> None:
        # Of a session that could not be read for the view, this is the second try.
        known = request.session.get(sessions.SESSION_ID)
        now = time.monotonic()
        if not known or now - self._noted.get(known, -1e9) < sessions.USE_STEP.total_seconds():
            return
        if len(self._noted) >= _MOST_REMEMBERED:
            self._noted.clear()
        self._noted[known] = now
        row = LoginSession(pk=known)
        sessions.touch(row, request)
        with transaction.atomic():
            LoginSession.objects.filter(pk=known, revoked_at=None).update(
                last_used_at=row.last_used_at, address=row.address, expires_at=request.session.get_expiry_date()
            )
