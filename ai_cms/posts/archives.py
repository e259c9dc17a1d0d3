"""Lists of published posts: of everything, a year, a month, a category, a tag, an author, a series. Two queries each.

The first finds the site of a host together with what the list is of and the site's menu; the second takes a page of the list
from an index that is in its order, so that neither grows with the number of posts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import Columns
from ai_cms.core.users import public_name
from ai_cms.pages.addresses import host_names, public_url
from ai_cms.pages.menus import main_menu_column, main_menu_rows
from ai_cms.pages.models import Publication, Site
from ai_cms.pages.prepared import Markers, PreparedQuery
from ai_cms.pages.routing import site_condition

from . import get_category_model, get_tag_model
from .authors import author_condition, author_slug
from .names import tag_key
from .records import PostRecord, PostTerm

__all__ = ["KINDS", "Archive", "Card", "find_archive"]

#: Lists that are of a term; the others are of a time.
KINDS = ("category", "tag", "author", "series")
_SITE = ("id", "name", "hostname", "locale", "is_default", "root_id", "generation")
_PUBLICATION = ("path", "locale", "title", "summary", "version", "modified_at")


@dataclass(frozen=True, slots=True)
class Card:
    """A published post as lists show it: the record's values and those of its publication's summary."""

    pk: int
    uid: UUID
    published: datetime
    updated: datetime
    minutes: int
    path: str
    locale: str
    title: str
    version: int
    modified: datetime
    excerpt: str
    authors: tuple[JsonObject, ...]
    categories: tuple[JsonObject, ...]
    tags: tuple[str, ...]
    picture: JsonObject | None
    content: list[JsonObject] | None = None

    @property
    def url(self) -> str:
        return public_url(self.path)


@dataclass(slots=True)
class Archive:
    """One list of posts. ``kind``: "all", "year", "month" or one of KINDS; ``slug``: its part of the address.

    ``site``: with ``last_expiry``, when a post of it last expired by itself.
    """

    site: Site
    kind: str = "all"
    slug: str = ""
    value: str = ""
    name: str = ""
    description: str = ""
    start: datetime | None = None
    end: datetime | None = None

    @property
    def url(self) -> str:
        """The URL path of the list's first page."""
        return archive_url(self.kind, self.slug)

    def feed_url(self, format: str) -> str:
        """Return the URL path of the list's feed; times have none, so theirs is the site's."""
        return feed_url(format, self.kind, self.slug)

    @property
    def feed_is_own(self) -> bool:
        return self.kind in ("category", "tag", "author")

    def cards(self, *, limit: int, offset: int = 0, content: bool = False, under: str = "") -> list[Card]:
        """Return posts, the newest first; of a series, the first part first.

        ``content``: with the published blocks. ``under``: the path of the page they are to stand below.
        """
        rows = self._rows()
        if under and under != "/":
            rows = rows.filter(**{f"{self._to_page}publication__path__startswith": under})
        columns = [
            f"{self._to_page}publication__{name}" for name in (*_PUBLICATION, *(("content",) if content else ()))
        ]
        own = [f"{self._to_record}{name}" for name in ("page_id", "uid", "published_at", "updated_at", "minutes")]
        return [_card(row) for row in rows.values_list(*own, *columns)[offset : offset + limit]]

    @property
    def _to_record(self) -> str:
        return "record__" if self._is_filed else ""

    @property
    def _is_filed(self) -> bool:
        """Whether the posts are found by their rows of lists: all but those of a time."""
        return self.kind in (*KINDS, "sticky")

    @property
    def _to_page(self) -> str:
        return f"{self._to_record}page__"

    def _rows(self) -> QuerySet[PostTerm] | QuerySet[PostRecord]:
        to_publication = f"{self._to_page}publication__"
        public = Q(**{f"{to_publication}expire_at": None}) | Q(**{f"{to_publication}expire_at__gt": timezone.now()})
        public &= Q(**{f"{to_publication}active": True, f"{to_publication}site_id": self.site.pk})
        if self._is_filed:
            rows = PostTerm.objects.filter(public, kind=self.kind, value=self.value)
            if self.kind == "series":
                return rows.order_by("published_at", "record")
            return rows.order_by("-published_at", "-record")
        found = PostRecord.objects.filter(public)
        if self.start is not None:
            found = found.filter(published_at__gte=self.start, published_at__lt=self.end)
        return found.order_by("-published_at", "-page")


def archive_url(kind: str, slug: str = "") -> str:
    """Return the URL path of a list. ``slug``: of a year "2024", of a month "2024-03"."""
    if kind == "all":
        return reverse("ai_cms_posts:all")
    if kind in ("year", "month"):
        return reverse(f"ai_cms_posts:{kind}", args=slug.split("-"))
    return reverse("ai_cms_posts:term", args=[kind, slug])


def feed_url(format: str, kind: str = "all", slug: str = "") -> str:
    """Return the URL path of a feed. ``format``: "rss", "atom" or "json"."""
    if kind in ("category", "tag", "author"):
        return reverse(f"ai_cms_posts:term-{format}", args=[kind, slug])
    return reverse(f"ai_cms_posts:{format}")


def _card(row: tuple[Any, ...]) -> Card:
    pk, uid, published, updated, minutes, path, locale, title, summary, version, modified, *content = row
    found = json.loads("{" + summary)
    fields = found.get("fields") or {}
    metadata = found.get("metadata") or {}
    authors = [fields.get("author") or {}, *(fields.get("coauthors") or ())]
    if not any(author.get("name") for author in authors) and isinstance(metadata.get("author"), str):
        # Somebody who has no account here, such as an author of an imported post.
        authors = [{"name": metadata["author"], "slug": ""}]
    return Card(
        pk=pk,
        uid=uid,
        published=published,
        updated=updated,
        minutes=minutes,
        path=path,
        locale=locale,
        title=title,
        version=version,
        modified=modified,
        excerpt=found.get("excerpt") or "",
        authors=tuple(author for author in authors if author.get("name")),
        categories=tuple(fields.get("categories") or ()),
        tags=tuple(fields.get("tags") or ()),
        picture=fields.get("thumbnail") or _named_picture(metadata),
        content=content[0] if content else None,
    )


def _named_picture(metadata: JsonObject) -> JsonObject | None:
    """Return the picture that an import names by its address."""
    source = metadata.get("image")
    return {"src": source, "alt": metadata.get("image_alt") or ""} if isinstance(source, str) and source else None


def find_archive(host: str, kind: str = "all", slug: str = "", *, menu: bool = False) -> Archive | None:
    """Return the list of ``kind`` that ``slug`` names on the site of ``host``; ``None`` where there is none. One query.

    ``menu``: with the site's main menu, which every page shows.
    """
    query = _finder(kind, menu)
    name, bare = host_names(host)
    now = timezone.now()
    row = next(iter(query.rows(name=name, bare=bare, now=now, slug=slug, key=tag_key(slug))), None)
    if row is None:
        return None
    site = Site.from_db(query.alias, list(_SITE), row[: len(_SITE)])
    site.last_expiry, *found = row[len(_SITE) :]  # type: ignore[attr-defined]
    if menu:
        site.main_menu = main_menu_rows(found.pop())
    archive = Archive(site, kind, slug)
    if kind in ("year", "month"):
        return _dated(archive)
    return _named(archive, dict(zip(_names(kind), found, strict=True))) if found else archive


@cache
def _finder(kind: str, menu: bool) -> PreparedQuery:
    """Return the query for the site of a host, with columns of what a list of ``kind`` is of."""

    def make(mark: Markers) -> QuerySet[Site, tuple[Any, ...]]:
        condition, rank = site_condition(mark.text("name"), mark.text("bare"))
        now = mark.moment("now")
        columns: dict[str, Any] = {"expired": Publication.objects.filter(site_id=OuterRef("pk")).last_expiry(now)}
        columns |= {f"of_{name}": value for name, value in _subject(kind, mark).items()}
        if menu:
            columns["menu"] = main_menu_column(now)
        return Site.objects.filter(condition).order_by(rank).annotate(**columns).values_list(*_SITE, *columns)[:1]

    return PreparedQuery(make)


def _names(kind: str) -> tuple[str, ...]:
    """Return the names of the columns of what a list is of."""
    if kind == "author":
        names = ("name", "first_name", "last_name", "username", "slug", "bio")
        return ("pk", *(name for name in names if _user_has(name)))
    return {"category": ("pk", "name", "slug", "description"), "tag": ("pk", "name", "slug"), "series": ("value",)}.get(
        kind, ()
    )


def _subject(kind: str, mark: Markers) -> dict[str, Any]:
    """Return subqueries for the columns of what a list is of."""
    if kind == "category":
        return _columns(get_category_model()._base_manager.filter(slug=mark.text("slug")), *_names(kind))
    if kind == "tag":
        return _tag_columns(mark, *_names(kind))
    if kind == "author":
        rows = get_user_model()._base_manager.filter(author_condition(mark.text("slug")))
        return _columns(rows, *_names(kind))
    if kind == "series":
        return _columns(PostTerm.objects.filter(kind="series", value=mark.text("slug")), *_names(kind))
    return {}


def _tag_columns(mark: Markers, *names: str) -> Columns:
    """Return columns of the tag of a slug, or of a name; of the site's own language, else of the first that has the word."""
    rows = get_tag_model()._base_manager.filter(Q(slug=mark.text("slug")) | Q(key=mark.text("key"))).order_by("pk")
    ours, others = _columns(rows.filter(locale=OuterRef("locale")), *names), _columns(rows, *names)
    return {name: Coalesce(ours[name], others[name]) for name in names}


def _columns(rows: QuerySet[Any], *names: str) -> dict[str, Subquery]:
    return {name: Subquery(rows.values(name)[:1]) for name in names}


def _user_has(name: str) -> bool:
    return any(field.name == name for field in get_user_model()._meta.concrete_fields)


def _named(archive: Archive, found: JsonObject) -> Archive | None:
    if archive.kind == "series":
        archive.value = archive.name = found["value"] or ""
        return archive if archive.value else None
    if found["pk"] is None:
        return None
    archive.value = str(found.pop("pk"))
    if archive.kind == "author":
        user = get_user_model()(**found)
        archive.name, archive.slug = public_name(user), author_slug(user)
        archive.description = str(found.get("bio") or "")
    else:
        archive.name, archive.slug = found["name"], found["slug"]
        archive.description = str(found.get("description") or "")
    return archive


def _dated(archive: Archive) -> Archive | None:
    """Set the times between which the posts of a year or month were published, by the project's time zone."""
    year, _dash, month = archive.slug.partition("-")
    zone = timezone.get_current_timezone()
    try:
        archive.start = datetime(int(year), int(month or 1), 1, tzinfo=zone)
        last = int(year) * 12 + int(month or 1) - 1 + (1 if month else 12)
        archive.end = datetime(last // 12, last % 12 + 1, 1, tzinfo=zone)
    except ValueError:
        # The first and the last year of calendars: nobody writes then.
        return None
    archive.value = archive.slug
    return archive
