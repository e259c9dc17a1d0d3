"""Notice bots as they pass. Sync or async, as the server is; a request of a person costs one look at a header."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from .bots import bot_of
from .traffic import count

__all__ = ["BotTrafficMiddleware", "notice_kept"]


@sync_and_async_middleware
def BotTrafficMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Count requests of known bots, and of whoever gets Markdown, by day, site and bot. No address and no cookie is looked at."""
    if iscoroutinefunction(get_response):

        async def noticed_async(request: HttpRequest) -> HttpResponseBase:
            waiting: Awaitable[HttpResponseBase] = get_response(request)
            response = await waiting
            _notice(request, response)
            return response

        return noticed_async

    def noticed(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        _notice(request, response)
        return response

    return noticed


def notice_kept(environ: Mapping[str, Any], status: str) -> None:
    """Count a bot whose request the fast lane answered, before any middleware; Markdown is never kept there."""
    if _installed() and (bot := bot_of(environ.get("HTTP_USER_AGENT", ""))):
        count(environ.get("HTTP_HOST", ""), bot)


def _installed() -> bool:
    """Return whether the site counts bots at all."""
    return any(name.endswith(".BotTrafficMiddleware") for name in settings.MIDDLEWARE)


def _notice(request: HttpRequest, response: HttpResponseBase) -> None:
    if request.method not in ("GET", "HEAD"):
        return
    # An answer that has not changed has no type; the address or the header says what was asked for.
    markdown = (
        response.headers.get("Content-Type", "").startswith("text/markdown")
        or (response.status_code == 304 and "Content-Signal" in response.headers)
        or (response.status_code == 304 and request.path_info.endswith(".md"))
    )
    bot = bot_of(request.META.get("HTTP_USER_AGENT", ""))
    if bot or (markdown and response.status_code < 400):
        count(request.META.get("HTTP_HOST", ""), bot, markdown=markdown, refused=response.status_code in (404, 410))
