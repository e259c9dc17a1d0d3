"""From a host and a path to what is published there, in one query."""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import quote

from django.db.models import Case, IntegerField, OuterRef, Q, Value, When
from django.http import HttpRequest
from django.utils import timezone

from .addresses import host_names, public_url
from .models import Publication, Redirect, Site
from .prepared import Markers, PreparedQuery

__all__ = ["find_publication", "find_redirect", "key_of_site", "site_key", "with_query"]


#: What stays as it is in a query: all of ASCII that is printed.
_SAFE = string.printable.strip()


def site_condition(name: str, bare: str) -> tuple[Q, Any]:
    """Return the condition that a site serves a host, and an ordering that puts the exact match before the default."""
    rank = Case(
        When(hostname=name, then=Value(0)),
        When(hostname=bare, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return Q(hostname__in={name, bare}) | Q(is_default=True), rank


def site_key(request: HttpRequest) -> Any:
    """Return a subquery for the key of a request's site, for queries that need nothing else of it."""
    return key_of_site(*host_names(request.get_host()))


def key_of_site(name: str, bare: str) -> Any:
    """Return a subquery for the key of the site of a host, named with its port and without."""
    condition, rank = site_condition(name, bare)
    return Site.objects.filter(condition).order_by(rank).values("pk")[:1]


#: What a page served from its stored HTML needs; the rest is loaded when it is asked for.
_COLUMNS = ("id", "page_id", "site_id", "path", "type", "version", "revision", "modified_at", "html", "html_key")
_SITE_COLUMNS = ("id", "name", "hostname", "locale", "is_default", "root_id", "generation")


def _at_path(mark: Markers) -> Any:
    site = key_of_site(mark.text("name"), mark.text("bare"))
    rows = Publication.objects.public(mark.moment("now")).filter(path=mark.text("path"), site_id=site).order_by()
    expired = Publication.objects.filter(site_id=OuterRef("site_id")).last_expiry(mark.moment("now"))
    return rows.values_list(*_COLUMNS, *(f"site__{name}" for name in _SITE_COLUMNS), expired)


_publication_at = PreparedQuery(_at_path)


def find_publication(request: HttpRequest, path: str) -> Publication | None:
    """Return what is public at ``path`` for the request's host, with its site, in one query; or ``None``.

    A site of the very host name hides the default site, also where it has no such page.
    """
    name, bare = host_names(request.get_host())
    row = next(iter(_publication_at.rows(name=name, bare=bare, path=path, now=timezone.now())), None)
    if row is None:
        return None
    alias = _publication_at.alias
    publication: Publication = Publication.from_db(alias, list(_COLUMNS), row[: len(_COLUMNS)])
    publication.site = Site.from_db(alias, list(_SITE_COLUMNS), row[len(_COLUMNS) : -1])
    publication.last_expiry = row[-1]
    return publication


def with_query(url: str, query: str) -> str:
    """Return ``url`` with a visitor's query behind its own, as the server has it: bytes beyond ASCII are escaped as they came."""
    if not query:
        return url
    if not query.isascii():
        query = _escaped(query)
    base, hash_sign, fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{query}{hash_sign}{fragment}"


def _escaped(query: str) -> str:
    """Return a query with what is not ASCII as UTF-8 escapes. WSGI hands its bytes over as Latin-1, ASGI decodes them."""
    try:
        raw = query.encode("latin-1")
        raw.decode()
    except UnicodeError:
        raw = query.encode("utf-8", "replace")
    return quote(raw, safe=_SAFE)


def find_redirect(site: Site | None, path: str) -> tuple[str, bool] | None:
    """Return (target URL, permanent) for a path without a page, or ``None``.

    A redirect to a page leads to where it is published now; to a page that is not, nowhere.
    """
    if site is None:
        return None
    row = (
        Redirect.objects.filter(site=site, old_path=path)
        .values_list("target", "permanent", "page__publication__path", "page__publication__active", "page__site_id")
        .first()
    )
    if row is None:
        return None
    target, permanent, page_path, active, page_site = row
    if target:
        return target, permanent
    if not active or page_path == path:
        return None
    if page_site != site.pk:
        other = Site.objects.filter(pk=page_site).values_list("hostname", flat=True).get()
        return f"//{other}{public_url(page_path)}", permanent
    return public_url(page_path), permanent
