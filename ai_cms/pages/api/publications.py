"""The queries and the text of public content: what is stored ready is joined, not serialised again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import Columns
from ai_cms.core.strictjson import is_clean_text
from ai_cms.pages.addresses import host_names, normalise_path, url_below
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.models import Publication, PublicationFacet, Site
from ai_cms.pages.prepared import Markers, PreparedQuery
from ai_cms.pages.routing import site_condition
from ai_cms.pages.search import search, search_similar
from ai_cms.pages.services import resolve_page_type

from .page_filters import id_parameter

__all__ = ["ORDERINGS", "Finder", "Listing", "clean_path", "etag_of", "object_text", "on_site"]

#: Column by the name clients use; the default is the newest first.
ORDERINGS = {"published": "first_published_at", "modified": "modified_at", "title": "title", "path": "path"}


_HEAD = ("page_id", "path", "version", "revision", "modified_at")
_WHOLE = (*_HEAD, "page__parent_id", "body")
_ROW = ("page_id", "path", "page__parent_id", "modified_at", "site_id", "site__generation")
_NEWEST = ("-first_published_at", "-pk")


def _sites(name: str, bare: str) -> Any:
    condition, rank = site_condition(name, bare)
    return Site.objects.filter(condition).order_by(rank)


def on_site(host: str) -> Any:
    """Return what is public on the site that answers ``host``."""
    return Publication.objects.public().filter(site_id=_sites(*host_names(host)).values("pk")[:1])


def _on_marked_site(mark: Markers) -> Any:
    site = _sites(mark.text("name"), mark.text("bare")).values("pk")[:1]
    return Publication.objects.public(mark.moment("now")).filter(site_id=site)


def _with_id(*columns: str) -> PreparedQuery:
    return PreparedQuery(
        lambda mark: (
            Publication.objects.public(mark.moment("now"))
            .filter(page_id=mark.number("page"))
            .order_by()
            .values_list(*columns)
        )
    )


def _at_path(*columns: str) -> PreparedQuery:
    return PreparedQuery(
        lambda mark: _on_marked_site(mark).filter(path=mark.text("path")).order_by().values_list(*columns)
    )


def _newest(column: str) -> PreparedQuery:
    return PreparedQuery(lambda mark: chosen(_on_marked_site(mark).order_by(*_NEWEST), mark.window, column))


_queries = {
    "page head": _with_id(*_HEAD),
    "page": _with_id(*_WHOLE),
    "path head": _at_path(*_HEAD),
    "path": _at_path(*_WHOLE),
    "summary": _newest("summary"),
    "body": _newest("body"),
}
_count_all = PreparedQuery(lambda mark: _on_marked_site(mark).order_by().values_list("pk"), count=True)


@cache
def _newest_of_facet(column: str, narrowed: tuple[str, ...]) -> PreparedQuery:
    """Return the query for a list that one facet leads, whose index is in the list's order.

    ``column``: as rows() of a listing takes it, "" to count. ``narrowed``: the columns, type or locale, that have a value too.
    """

    def make(mark: Markers) -> Any:
        facet = {"name": mark.text("facet"), "value": mark.text("value")}
        if not column:
            rows = _on_marked_site(mark).filter(
                pk__in=PublicationFacet.objects.filter(**facet).values("publication_id")
            )
            return rows.filter(**{each: mark.text(each) for each in narrowed}).order_by().values_list("pk")
        led = PublicationFacet.objects.filter(
            Q(publication__expire_at=None) | Q(publication__expire_at__gt=mark.moment("now")),
            publication__active=True,
            publication__site_id=_sites(mark.text("name"), mark.text("bare")).values("pk")[:1],
            **facet,
            **{f"publication__{each}": mark.text(each) for each in narrowed},
        )
        keys = led.order_by("-first_published_at", "-publication_id").values("publication_id")[mark.window]
        return Publication.objects.filter(pk__in=keys).order_by(*_NEWEST).values_list(*_ROW, column)

    return PreparedQuery(make, count=not column)


def chosen(rows: Any, window: slice, column: str) -> Any:
    """Return the columns of a list's entries; the window is picked by the index alone before any row is read."""
    if "rank" in rows.query.annotations:
        return rows.values_list(*_ROW, column)[window]
    order = rows.query.order_by
    return Publication.objects.filter(pk__in=rows.values("pk")[window]).order_by(*order).values_list(*_ROW, column)


class Finder:
    """Find one publication, by its page's id or by the path on a host's site."""

    def __init__(self, **values: Any) -> None:
        self.kind = "page" if "page" in values else "path"
        self.values = {**values, "now": timezone.now()}

    @classmethod
    def at(cls, host: str, path: str) -> Finder:
        name, bare = host_names(host)
        return cls(name=name, bare=bare, path=path)

    def head(self) -> Any:
        """Return (page id, path, version, revision, modified) or ``None``."""
        return next(iter(_queries[f"{self.kind} head"].rows(**self.values)), None)

    def whole(self) -> Any:
        """Return the same with the parent's id and the body, or ``None``."""
        return next(iter(_queries[self.kind].rows(**self.values)), None)


class Listing:
    """The publications a query asks for. Raises InvalidInput with a message for each parameter."""

    def __init__(self, host: str, parameters: QueryDict) -> None:
        self.host = host
        self.parameters = parameters
        # Without any condition of its own a list needs no query to be built.
        facets = facets_in(parameters)
        conditions = [parameters.get(name) for name in ("type", "locale", "under", "search")]
        self.is_plain = not any((facets, parameters.get("ordering"), *conditions))
        #: What the number of entries depends on.
        self.key = (host, repr(facets), *conditions)
        #: The facet that leads the list, with what narrows it; a list of more conditions takes what fits and sorts it.
        self.leading = leading_facet(facets, parameters)
        self.selected: Any = None if self.is_plain or self.leading else filter_content(host, parameters)

    def rows(self, column: str, *, limit: int, offset: int) -> list[Any]:
        """Return the entries of one page of the list: the columns ``ROW`` and ``column``.

        Where a search finds nothing at all, the list is from then on that of words nearly the same.
        """
        if self.is_plain:
            return _queries[column].rows(limit=limit, offset=offset, **self._values())
        if self.leading:
            values: Columns = {**self._values(), **self.leading}
            return _newest_of_facet(column, _narrowed(self.leading)).rows(limit=limit, offset=offset, **values)
        window = slice(offset, offset + limit)
        found = list(chosen(self.selected, window, column))
        if found or not self.parameters.get("search", "").strip() or (offset and self.selected.exists()):
            return found
        self.selected = filter_content(self.host, self.parameters, find=search_similar)
        return list(chosen(self.selected, window, column))

    def count(self) -> int:
        """Return how many entries there are."""
        found: int
        if self.is_plain:
            found = _count_all.rows(**self._values())[0][0]
        elif self.leading:
            found = _newest_of_facet("", _narrowed(self.leading)).rows(**self._values(), **self.leading)[0][0]
        else:
            found = self.selected.count()
        return found

    def _values(self) -> Columns:
        name, bare = host_names(self.host)
        return {"name": name, "bare": bare, "now": timezone.now()}


def object_text(page_id: int, path: str, parent_id: int | None, tail: str, prefix: str) -> str:
    """Return the JSON object of a publication: the keys that a move may change, and the stored rest behind them."""
    url = url_below(prefix, path)
    parent = "null" if parent_id is None else parent_id
    # Paths are slugs and slashes, but what an import brought along is escaped like everything else.
    places = json.dumps({"path": path, "url": url}, ensure_ascii=False, separators=(",", ":"))[1:-1]
    return f'{{"id":{page_id},{places},"parent":{parent},{tail}'


def etag_of(*parts: object) -> str:
    """Return the entity tag of what ``parts`` determine."""
    return f'"{blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'


def filter_content(host: str, parameters: QueryDict, *, find: Callable[..., Any] = search) -> Any:
    """Return the publications a query asks for, in its order; ``find``: how its words are searched for.

    Raises InvalidInput with a message for each parameter.
    """
    rows = on_site(host)
    if parameters.get("type"):
        rows = rows.filter(type=resolve_page_type(parameters.get("type", "")).type_name())
    if parameters.get("locale"):
        rows = rows.filter(locale=parameters["locale"])
    if parameters.get("under"):
        rows = rows.under(_path_of(parameters))
    for name, values in facets_in(parameters).items():
        # Any of the values of one facet; each facet must fit.
        matching = PublicationFacet.objects.filter(name=name, value__in=values)
        rows = rows.filter(pk__in=matching.values("publication_id"))
    ordering = _ordering(parameters.get("ordering", ""))
    words = parameters.get("search", "").strip()
    if words:
        locale = parameters.get("locale") or _sites(*host_names(host)).values_list("locale", flat=True).first() or "en"
        rows = find(rows, words, locale=locale)
        return rows.order_by(*ordering) if ordering else rows
    return rows.order_by(*(ordering or _NEWEST))


def leading_facet(facets: Mapping[str, list[str]], parameters: QueryDict) -> Columns:
    """Return the one facet value that leads a list in its own order, with the type and locale asked for; else nothing.

    Raises InvalidInput.
    """
    name, values = next(iter(facets.items())) if len(facets) == 1 else ("", [])
    if len(set(values)) != 1 or any(parameters.get(key) for key in ("ordering", "search", "under")):
        return {}
    found: Columns = {"facet": name, "value": values[0]}
    if kind := parameters.get("type"):
        found["type"] = resolve_page_type(kind).type_name()
    if locale := parameters.get("locale"):
        found["locale"] = locale
    return found


def _narrowed(leading: Columns) -> tuple[str, ...]:
    return tuple(name for name in ("type", "locale") if name in leading)


def facets_in(parameters: QueryDict) -> dict[str, list[str]]:
    """Return the values asked for by facet: ``facet[tags]=x``, or ``tags=x`` for the names in ``CONTENT_FACETS``."""
    found: dict[str, list[str]] = {}
    plain = set(pages_settings.CONTENT_FACETS)
    for key, values in parameters.lists():
        name = key if key in plain else ""
        if key.startswith("facet[") and key.endswith("]"):
            name = key[6:-1]
        if name and any(values):
            found.setdefault(name, []).extend(value for value in values if value)
    if len(found) > 10 or any(len(values) > 50 for values in found.values()):
        raise InvalidInput(errors={"facet": [_("At most 10 facets with 50 values each.")]})
    return found


def _path_of(parameters: QueryDict) -> str:
    raw = parameters.get("under", "")
    if raw.startswith("/"):
        return normalise_path(raw)
    pk = id_parameter(parameters, "under")
    path: str | None = Publication.objects.public().filter(page_id=pk).values_list("path", flat=True).first()
    # A path no page has: a page that is not published has nothing public to be under.
    return path or "//"


def _ordering(raw: str) -> list[str]:
    if not raw:
        return []
    name = raw.removeprefix("-")
    if name not in ORDERINGS:
        raise InvalidInput(errors={"ordering": [_("Choose among: %(names)s.") % {"names": ", ".join(ORDERINGS)}]})
    sign = "-" if raw.startswith("-") else ""
    return [f"{sign}{ORDERINGS[name]}", f"{sign}pk"]


def clean_path(raw: str) -> str | None:
    """Return the path to look for, or ``None`` for one that no page can have."""
    path = normalise_path(raw)
    return path if len(path) <= 2000 and is_clean_text(path) else None
