"""Addresses of pages: how they are written, what URL they have, and which are free.

A page at ``/admin/`` would be published and never seen, so an address is free only where no other route of the host project
answers. Only the URLconf is asked, anew each time, and no database; where it does not mount ``ai_cms.pages.urls`` no address
is shown, and all are free.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse
from django.utils.encoding import iri_to_uri

from .exceptions import PathTakenByRoute

__all__ = [
    "avoid_routes",
    "first_free",
    "host_names",
    "is_taken_by_route",
    "normalise_path",
    "public_url",
    "url_below",
    "url_prefix",
]

#: Nobody makes a route for this; what answers here answers everywhere, such as a view of the host around the pages.
_ANYWHERE = "~/~/~/"

#: A route such as ``<slug:product>/`` takes every slug: after so many of them no number is going to help.
MAX_TRIES = 20


#: As ``reverse()`` leaves them: the characters that RFC 3986, section 3.3, has in a path.
_URL_SAFE = "/~:@!$&'()*+,;="
_PLAIN = re.compile(r"[A-Za-z0-9_./-]*")


def normalise_path(path: str) -> str:
    """Return ``path`` with one slash at either end, its letters composed as those of slugs are (NFC)."""
    inner = unicodedata.normalize("NFC", path).strip("/")
    return f"/{inner}/" if inner else "/"


def public_url(path: str) -> str:
    """Return the URL path of the public page, below wherever the host project mounted ``ai_cms.pages.urls``."""
    try:
        return reverse("ai_cms_pages:page", kwargs={"path": path.lstrip("/")})
    except NoReverseMatch:
        return str(iri_to_uri(path))


def url_prefix() -> str:
    """Return the URL path below which the host project serves pages, ending in a slash."""
    return public_url("/")


def url_below(prefix: str, path: str) -> str:
    """Return what public_url() returns of ``path``, where :func:`url_prefix` was asked once for many."""
    inner = path.lstrip("/")
    return prefix + (inner if _PLAIN.fullmatch(inner) else quote(inner, safe=_URL_SAFE))


def host_names(host: str) -> tuple[str, str]:
    """Return the names a site may have for ``host``: with and without its port."""
    name = host.lower()
    return name, name if name.endswith("]") else name.rsplit(":", 1)[0]


def first_free(slug: str, is_taken: Callable[[str], bool]) -> str:
    """Return ``slug``, or the first of ``slug-2``, ``slug-3``, … that is not taken, at most 100 characters long."""
    candidate, number = slug, 1
    while is_taken(candidate):
        number += 1
        candidate = f"{slug[: 99 - len(str(number))]}-{number}"
    return candidate


def is_taken_by_route(path: str) -> bool:
    """Return whether a route other than that of the pages answers at the page path ``path``."""
    # A process that serves nothing, such as a worker's, needs no URLconf at all.
    if not getattr(settings, "ROOT_URLCONF", None):
        return False
    try:
        mounted = unquote(reverse("ai_cms_pages:page", kwargs={"path": ""}))
    except NoReverseMatch:
        return False
    mounted = f"/{mounted.removeprefix(get_script_prefix())}"
    found = _answering(f"{mounted}{path.lstrip('/')}")
    if found is None or (found.app_name, found.url_name) == ("ai_cms_pages", "page"):
        return False
    anywhere = _answering(f"{mounted}{_ANYWHERE}")
    return anywhere is None or anywhere.func is not found.func


def avoid_routes(base: str, taken: Collection[str]) -> Callable[[str], bool]:
    """Return a function that tells whether a slug below the path ``base`` is in ``taken``, or leads to another route.

    It raises PathTakenByRoute when so many slugs led to other routes that none is going to be free.
    """
    tries = 0

    def is_taken(slug: str) -> bool:
        nonlocal tries
        if slug in taken:
            return True
        if not is_taken_by_route(path := f"{base}{slug}/"):
            return False
        tries += 1
        if tries >= MAX_TRIES:
            raise PathTakenByRoute(path)
        return True

    return is_taken


def _answering(path: str) -> Any:
    try:
        return resolve(path)
    except Resolver404:
        return None
