"""Pictures that stay at other hosts: which of them the content security policy keeps browsers from showing.

The policy looked at is Django's setting ``SECURE_CSP``; what a middleware of another package or a proxy sends is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

__all__ = ["picture_origins", "policy_warning", "refused_hosts"]

#: The warning names so many hosts.
MAX_HOSTS = 20

#: Props that hold the address of a picture; that of a sound or a film is ``src`` too.
_PICTURES = frozenset({"src", "image", "image_url", "poster", "thumbnail"})
_NO_PICTURES = frozenset({"audio", "video"})
_IMAGE = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def picture_origins(value: object) -> Iterator[str]:
    """Yield the scheme and host, such as ``https://old.example``, of each picture in blocks or metadata that has a host."""
    if isinstance(value, list):
        for inner in value:
            yield from picture_origins(inner)
    elif isinstance(value, str):
        if "<img" in value:
            for double, single in _IMAGE.findall(value):
                yield from _origin(unescape(double or single))
    elif isinstance(value, dict):
        films = value.get("type") in _NO_PICTURES
        for name, inner in value.items():
            if films and name == "props" and isinstance(inner, dict):
                inner = {key: prop for key, prop in inner.items() if key != "src"}
            if name in _PICTURES and isinstance(inner, str):
                yield from _origin(inner)
            else:
                yield from picture_origins(inner)


def refused_hosts(origins: Iterable[str], *, own: str) -> list[str]:
    """Return the hosts among ``origins`` whose pictures the policy refuses, sorted. ``own``: the host name of the site."""
    sources = _image_sources()
    if sources is None:
        return []
    parts = [urlsplit(origin) for origin in origins]
    return sorted({part.netloc for part in parts if not any(_allows(source, part, own) for source in sources)})


def policy_warning(origins: Iterable[str], *, own: str) -> str:
    """Return a warning that names the hosts of :func:`refused_hosts` and what to do; empty where there are none."""
    hosts = refused_hosts(origins, own=own)
    if not hosts:
        return ""
    more = f" and {len(hosts) - MAX_HOSTS} more" if len(hosts) > MAX_HOSTS else ""
    return (
        "Pictures of other hosts are not shown, for the content security policy (SECURE_CSP) does not let them: "
        f"{', '.join(hosts[:MAX_HOSTS])}{more}. Add the hosts to its img-src, or bring the pictures to this site."
    )


def _origin(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url.strip(), "https")
        port = parts.port
    except ValueError:
        return
    if parts.hostname and parts.scheme in ("http", "https"):
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        yield f"{parts.scheme}://{host}:{port}" if port else f"{parts.scheme}://{host}"


def _image_sources() -> list[str] | None:
    """Return what the policy allows pictures to come from; ``None`` where it says nothing about them."""
    policy = getattr(settings, "SECURE_CSP", None) or {}
    for directive in ("img-src", "default-src"):
        values = policy.get(directive)
        if values in (None, False):
            continue
        if isinstance(values, str):
            values = values.split()
        return [] if values is True else [str(value) for value in values]
    return None


def _allows(source: str, part: Any, own: str) -> bool:
    """Return whether a source of the policy allows an origin; paths are left out of account."""
    if source == "*":
        return True
    if source == "'self'":
        return own in (part.netloc, part.hostname)
    if source.endswith(":"):
        return source == "http:" or bool(part.scheme == source[:-1])
    scheme, _, rest = source.rpartition("://")
    host = rest.partition("/")[0].lower()
    # A policy that names http allows https, and one without a scheme allows that of the page.
    if scheme == "https" and part.scheme == "http":
        return False
    name, _, port = host.partition(":")
    if port not in ("", "*") and port != str(part.port or (80 if part.scheme == "http" else 443)):
        return False
    if not port and part.port not in (None, 80, 443):
        return False
    found = part.hostname or ""
    return found.endswith(name[1:]) if name.startswith("*.") else found == name
