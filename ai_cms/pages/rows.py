"""Rows of pages as trees and lists show them to an editor: a level of the tree in one query, rights without any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor, get_policy

from . import get_page_model
from .addresses import public_url
from .models import AbstractPage, Revision, Site
from .services import page_types

if TYPE_CHECKING:
    from .querysets import PageQuerySet

__all__ = ["LEVEL_SIZE", "Level", "Row", "RowMaker", "search_pages", "short", "visible_pages"]

#: Pages of one level shown at once.
LEVEL_SIZE = 50


def short(text: object, limit: int = 80) -> str:
    """Return text cut for titles and lists."""
    words = str(text).strip() or _("(untitled)")
    return words if len(words) <= limit else f"{words[: limit - 1]}…"


def visible_pages(request: HttpRequest, *, deleted: bool = False) -> PageQuerySet:
    """Return the pages whose drafts the user may read; with ``deleted`` those in the bin too."""
    model = get_page_model()
    rows: PageQuerySet = model.all_objects.all() if deleted else model.objects.all()
    return rows.visible_to(Actor.from_request(request))


def search_pages(request: HttpRequest, words: str) -> PageQuerySet:
    """Return the visible pages whose title or path holds every word, the shortest path first."""
    rows: PageQuerySet = visible_pages(request).non_polymorphic().defer("content_json", "metadata")
    for word in words.split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(path__icontains=word))
    rows = rows.order_by("level", "path", "pk")
    return rows


@dataclass
class Row:
    """A page in the tree or in a list, with what the user may do to it."""

    page: AbstractPage
    type_label: str
    edited_by: str
    live_url: str
    has_children: bool
    can_change: bool
    can_add: bool
    can_delete: bool
    can_publish: bool
    #: Whether it is of the project's ordinary type, which need not be named each time.
    plain: bool = False
    #: Beside ``page.status``, which a plan hides: whether and how it is on the site.
    status: Any = None
    first: bool = False
    last: bool = False
    #: Whether it cannot be moved further out: above what it stands in is nothing.
    outermost: bool = False
    level: Level | None = None


@dataclass
class Level:
    """Some of the children of one page, in order. ``next``: where those after them begin, ``None`` for the end."""

    rows: list[Row]
    parent: AbstractPage | None
    next: int | None


class RowMaker:
    """Make rows for one request; what all of them need is read once."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor = Actor.from_request(request)
        self.model = get_page_model()
        self.types = {
            ContentType.objects.get_for_model(model, for_concrete_model=False).pk: model
            for model in page_types().values()
        }
        self.sites = Site.objects.in_bulk()

    def queryset(self, *, deleted: bool = False) -> PageQuerySet:
        """Return the visible pages without their documents, and what rows need beside them."""
        visible = visible_pages(self.request, deleted=deleted).non_polymorphic()
        children = visible_pages(self.request).non_polymorphic().order_by().filter(parent_id=OuterRef("pk"))
        newest = Revision.objects.filter(page_id=OuterRef("pk"), number=OuterRef("latest_revision")).order_by()
        user_name = get_user_model().USERNAME_FIELD
        rows: PageQuerySet = visible.defer("content_json", "metadata").annotate(
            has_children=Exists(children),
            edited_by=Subquery(newest.values(f"author__{user_name}")[:1]),
            edited_by_agent=Subquery(newest.values("agent")[:1]),
        )
        return rows

    def level(self, parent: AbstractPage | None, start: int = 0, size: int = LEVEL_SIZE) -> Level:
        """Return the children of ``parent``, or the pages at the top of what the user sees."""
        rows = self.queryset()
        if parent is not None:
            rows = rows.filter(parent_id=parent.pk)
        else:
            rows = rows.exclude(parent_id__in=visible_pages(self.request).non_polymorphic().order_by().values("pk"))
        found = list(rows.order_by("tree_id", "lft")[start : start + size + 1])
        made = [self.row(page) for page in found[:size]]
        for row in made:
            row.outermost = parent is None or parent.parent_id is None
        if made and start == 0:
            made[0].first = True
        if made and len(found) <= size:
            made[-1].last = True
        return Level(made, parent, start + size if len(found) > size else None)

    def bin(self) -> PageQuerySet:
        """Return of each deletion the page at the top, which brings the others back; the latest deletion first."""
        rows = self.queryset(deleted=True).filter(deleted_at__isnull=False)
        tops: PageQuerySet = rows.filter(Q(parent__deleted_at=None) | ~Q(parent__deletion=F("deletion")))
        return tops.with_number_below().order_by("-deleted_at", "tree_id", "lft")

    def row(self, page: Any) -> Row:
        """Return the row of a page from :meth:`queryset`."""
        model = self.types.get(page.polymorphic_ctype_id, self.model)
        policy = get_policy(model)
        asked = self.typed(page)
        deleted = page.deleted_at is not None
        return Row(
            page=page,
            plain=model is self.model,
            status=page.state,
            type_label=str(model._meta.verbose_name),
            edited_by=page.edited_by or page.edited_by_agent or "",
            live_url=self.live_url(page),
            has_children=page.has_children,
            can_change=not deleted and policy.can(self.actor, "change", asked),
            can_add=not deleted and policy.can(self.actor, "add", asked),
            can_delete=policy.can(self.actor, "delete", asked),
            can_publish=not deleted and policy.can(self.actor, "publish", asked),
        )

    def live_url(self, page: AbstractPage) -> str:
        """Return the public address of a published page, with its host where that is another one; else ""."""
        if not page.live or page.deleted_at is not None:
            return ""
        site = self.sites.get(page.site_id)
        url = public_url(page.path)
        if site is None or site.is_default or site.hostname in self._hosts():
            return url
        # Sites answer at the port that this one answers at, unless their names say another.
        _host, colon, port = self.request.get_host().rpartition(":")
        port = f":{port}" if colon and port.isdecimal() and ":" not in site.hostname else ""
        return f"{self.request.scheme}://{site.hostname}{port}{url}"

    def _hosts(self) -> set[str]:
        host = self.request.get_host().lower()
        return {host, host.rsplit(":", 1)[0]}

    def typed(self, page: Any) -> Any:
        """Return a row of the base type as its own, for policies, which ask the page's type for its rules; no query."""
        model = self.types.get(page.polymorphic_ctype_id, self.model)
        if model is type(page):
            return page
        names = {field.attname for field in type(page)._meta.concrete_fields} & page.__dict__.keys()
        return model(**{name: page.__dict__[name] for name in names})
