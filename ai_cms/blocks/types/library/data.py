"""Blocks that show what is found elsewhere: the page list.

This app knows no pages. Whoever does registers a source::

    from ai_cms.blocks.types.library import page_list_source

    @page_list_source.register
    def published_pages(query: PageListQuery, context: RenderContext) -> list[PageListItem]: ...
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from ai_cms.core.mappings import TemplateContext

from ..base import Block
from ..context import RenderContext
from ..registry import blocks
from ..text import InlineText
from .common import labelled

__all__ = ["PageListBlock", "PageListItem", "PageListQuery", "PageListSource", "page_list_source"]

Order = Literal["newest", "oldest", "title", "tree"]


@dataclass(frozen=True, slots=True)
class PageListQuery:
    """What a page list asks for.

    ``under``: a path, or the id of a page; empty for the whole site. ``types``: page types, empty for all. ``tags``:
    pages with any of these. ``limit``: 1 to 50. ``order``: ``tree`` is the order of the page tree.
    """

    under: str = ""
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    limit: int = 10
    order: Order = "newest"


@dataclass(frozen=True, slots=True)
class PageListItem:
    """One page of a page list; ``date`` is when it was published."""

    title: str
    url: str
    description: str = ""
    image: str = ""
    image_alt: str = ""
    date: datetime.datetime | datetime.date | None = None
    type: str = ""


Source = Callable[[PageListQuery, Any], Sequence[PageListItem]]


class PageListSource:
    """Hold the function that finds pages for page lists; without one, lists are empty."""

    def __init__(self) -> None:
        self._source: Source | None = None

    def register(self, source: Source) -> Source:
        """Use ``source`` from now on; a decorator, or a call."""
        self._source = source
        return source

    def unregister(self) -> None:
        """Go back to empty lists."""
        self._source = None

    @contextmanager
    def temporarily(self, source: Source) -> Iterator[Source]:
        """Use ``source`` for the length of a ``with`` block (for tests)."""
        before, self._source = self._source, source
        try:
            yield source
        finally:
            self._source = before

    def __call__(self, query: PageListQuery, context: RenderContext) -> list[PageListItem]:
        """Return the pages ``query`` asks for, at most its limit."""
        return list(self._source(query, context))[: query.limit] if self._source else []


#: The source of all page lists.
page_list_source = PageListSource()

_Name = Annotated[str, Field(min_length=1, max_length=100, json_schema_extra={"x-text": False})]


@blocks.register
class PageListBlock(Block):
    """Links to other pages, found when the page is rendered."""

    title: InlineText = labelled(_("Title"), "", max_length=300)
    under: str = labelled(
        _("Below this page"),
        "",
        max_length=500,
        help=_("Its path, such as /blog/, or its id; empty for the whole site."),
        widget="page-ref",
        text=False,
    )
    types: list[_Name] = labelled(_("Page types"), list, max_length=20)
    tags: list[_Name] = labelled(_("Tags"), list, max_length=20, help=_("Pages that have any of them."))
    limit: Annotated[int, Field(ge=1, le=50)] = labelled(_("How many at most"), 10)
    order: Order = labelled(
        _("Order"),
        "newest",
        labels={
            "newest": _("Newest first"),
            "oldest": _("Oldest first"),
            "title": _("By title"),
            "tree": _("As in the page tree"),
        },
    )
    layout: Literal["list", "cards", "titles"] = labelled(
        _("Layout"), "list", labels={"list": _("List"), "cards": _("Cards"), "titles": _("Titles only")}
    )

    class Meta:
        label = _("Page list")
        drafts = False
        icon = "pages"
        group = _("Data")
        example = {"title": "From the bakery", "limit": 3, "order": "newest", "layout": "list"}

    @property
    def query(self) -> PageListQuery:
        return PageListQuery(self.under, tuple(self.types), tuple(self.tags), self.limit, self.order)

    def get_context(self, context: RenderContext) -> TemplateContext:
        return {"pages": page_list_source(self.query, context)}
