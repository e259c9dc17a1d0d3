"""Addresses of the old site: their hosts, compared without ``www.``."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["host_and_path", "host_of"]


def host_of(netloc: str) -> str:
    return netloc.rpartition("@")[2].lower().removeprefix("www.")


def host_and_path(url: str) -> tuple[str, str]:
    """Return the host, with its port, and the path of an address; both empty for one that is malformed."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", ""
    return host_of(parts.netloc), parts.path.rstrip("/")
