"""Addresses that are free for pages: those at which no other route of the host project answers.

A page at ``/admin/`` would be published and never seen. Only the URLconf is asked, anew each time, and no database; where it
does not mount ``ai_cms.pages.urls`` no address is shown, and all are free.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from .exceptions import PathTakenByRoute

__all__ = ["avoid_routes", "is_taken_by_route"]

#: Nobody makes a route for this; what answers here answers everywhere, such as a view of the host around the pages.
_ANYWHERE = "~/~/~/"

#: A route such as ``<slug:product>/`` takes every slug: after so many of them no number is going to help.
MAX_TRIES = 20


def is_taken_by_route(path: str) -> bool:
    """Say whether a route other than that of the pages answers at the page path ``path``."""
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
    """Return a function that says whether a slug below the path ``base`` is in ``taken``, or leads to another route.

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
