"""Which requests may be answered from memory, and under which key: everything that Django may make another answer of."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import translate
from functools import lru_cache
from re import Pattern
from re import compile as compile_pattern
from typing import Any

from django.conf import settings

from ..conf import core_settings

__all__ = ["MAX_QUERY", "VARYING_AT", "KeyMaker", "header_name"]

#: The longest query that is kept; longer ones are nobody's second request.
MAX_QUERY = 1_000

#: What takes the long way: credentials in any form, conditions that views judge, a body, a method in disguise.
_LONG_WAY = frozenset(
    (
        "HTTP_AUTHORIZATION",
        "HTTP_PROXY_AUTHORIZATION",
        "HTTP_X_API_KEY",
        "HTTP_X_AUTH_TOKEN",
        "HTTP_REMOTE_USER",
        "HTTP_X_FORWARDED_USER",
        "HTTP_X_REMOTE_USER",
        "HTTP_X_AUTH_REQUEST_USER",
        "REMOTE_USER",
        "AUTH_TYPE",
        "HTTP_IF_MATCH",
        "HTTP_IF_UNMODIFIED_SINCE",
        "HTTP_TRANSFER_ENCODING",
        "HTTP_UPGRADE",
        "HTTP_X_HTTP_METHOD",
        "HTTP_X_HTTP_METHOD_OVERRIDE",
        "HTTP_X_METHOD_OVERRIDE",
    )
)
_PLACE = ("HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "PATH_INFO")
#: Where a key holds the names of the headers whose values follow.
VARYING_AT = 2 + len(_PLACE)


def header_name(name: str) -> str:
    """Return the key of a request header in a WSGI environment."""
    return "HTTP_" + name.strip().upper().replace("-", "_")


class KeyMaker:
    """Make keys of requests, by the settings as they are when this is made."""

    def __init__(self) -> None:
        harmless = [*core_settings.FAST_LANE_COOKIES, settings.CSRF_COOKIE_NAME]
        self._harmless: Pattern[str] = compile_pattern("|".join(translate(name) for name in harmless))
        self._cookies_are_harmless = lru_cache(128)(self._look_at_cookies)
        self._agents: tuple[Pattern[str], ...] = tuple(settings.DISALLOWED_USER_AGENTS)
        self._long_way = _LONG_WAY | {header_name(name) for name in core_settings.FAST_LANE_HEADERS}
        proxy = settings.SECURE_PROXY_SSL_HEADER
        #: The headers that answers are told apart by: those of the origin, ``Accept``, and what ``Vary`` has named so far.
        self.varying: tuple[str, ...] = (
            *((proxy[0],) if proxy else ()),
            *(("HTTP_X_FORWARDED_HOST",) if settings.USE_X_FORWARDED_HOST else ()),
            *(("HTTP_X_FORWARDED_PORT",) if settings.USE_X_FORWARDED_PORT else ()),
            "HTTP_ACCEPT",
        )

    def key(self, environ: Mapping[str, Any], scheme: str) -> tuple[Any, ...] | None:
        """Return the key of a request, the same for GET and HEAD; None for a request that takes the long way."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not self._long_way.isdisjoint(environ):
            return None
        get = environ.get
        query = get("QUERY_STRING", "")
        cookies = get("HTTP_COOKIE")
        if (
            (cookies is not None and not self._cookies_are_harmless(cookies))
            or len(query) > MAX_QUERY
            or get("CONTENT_LENGTH", "") not in ("", "0")
            # What Python's own server says of requests that say nothing.
            or get("CONTENT_TYPE", "") not in ("", "text/plain")
            # With the other condition this one is not looked at (RFC 9110).
            or ("HTTP_IF_MODIFIED_SINCE" in environ and "HTTP_IF_NONE_MATCH" not in environ)
            or (self._agents and any(agent.search(get("HTTP_USER_AGENT", "")) for agent in self._agents))
        ):
            return None
        # Read once: another thread may have it hold more names meanwhile.
        varying = self.varying
        return (scheme, query, *[get(name) for name in _PLACE], varying, *[get(name) for name in varying])

    def _look_at_cookies(self, raw: str) -> bool:
        names = (part.partition("=")[0].strip() for part in raw.split(";"))
        return all(self._harmless.match(name) for name in names if name)
