"""Which pages may open a WebSocket here: browsers say whose page asks, and keep no foreign one from asking."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

__all__ = ["header_of", "is_own_origin"]


def header_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Return a header of an ASGI scope as text, ``None`` if it is not there."""
    for key, value in headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return None


def is_own_origin(origin: str | None, host: str | None) -> bool:
    """Return whether a page of ``origin`` may open a socket at ``host``.

    No origin is a program's, which has no cookies of ours. A page's is the host it speaks to, one of ``ALLOWED_HOSTS``, or else
    stands in ``CSRF_TRUSTED_ORIGINS``.
    """
    if origin is None:
        return True
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    if found.scheme not in ("http", "https") or not found.netloc:
        return False
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = [".localhost", "127.0.0.1", "[::1]"]
    name, _port = split_domain_port(found.netloc.lower())
    if host is not None and found.netloc.lower() == host.lower() and validate_host(name, allowed):
        return True
    return any(_trusts(entry, found.scheme, found.netloc.lower()) for entry in settings.CSRF_TRUSTED_ORIGINS)


def _trusts(entry: str, scheme: str, netloc: str) -> bool:
    known = urlsplit(entry)
    return known.scheme == scheme and is_same_domain(netloc, known.netloc.lstrip("*"))
