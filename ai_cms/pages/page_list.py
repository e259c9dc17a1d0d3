"""Answer the page list block: which published pages it shows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from ai_cms.blocks.types.library.data import PageListItem, PageListQuery, page_list_source

from .addresses import normalise_path, public_url
from .budget import lists_of
from .models import Publication

if TYPE_CHECKING:
    from ai_cms.blocks.types.context import RenderContext

    from .models import AbstractPage

__all__ = ["list_pages"]

_ORDERS = {
    "newest": ("-first_published_at", "-pk"),
    "oldest": ("first_published_at", "pk"),
    "title": ("title", "pk"),
    "tree": ("page__lft",),
}


@page_list_source.register
def list_pages(query: PageListQuery, context: RenderContext) -> list[PageListItem]:
    """Return the published pages a page list asks for, on the site of the page that shows it; the page itself is left out."""
    lists = lists_of(context)
    known = lists.known(query)
    if known is None:
        known = lists.shown(_look_up(query, context.page))
        lists.answers[query] = known
    return known


def _look_up(query: PageListQuery, page: AbstractPage | None) -> list[PageListItem]:
    rows = Publication.objects.public()
    if page is not None:
        rows = rows.filter(site_id=page.site_id).exclude(page_id=page.pk)
    # Digits of other scripts are no id, and neither is more than a key can be.
    if query.under.isascii() and query.under.isdecimal() and len(query.under) <= 18:
        above = Publication.objects.filter(page_id=int(query.under)).values_list("path", flat=True).first()
        if above is None:
            return []
        rows = rows.under(above)
    elif query.under:
        rows = rows.under(normalise_path(query.under))
    if query.types:
        wanted = Q(type__in=[name.lower() for name in query.types])
        for name in query.types:
            wanted |= Q(type__endswith=f".{name.lower()}")
        rows = rows.filter(wanted)
    if query.tags:
        rows = rows.filter(facets__name="tags", facets__value__in=query.tags).distinct()
    # The summary is what was published; the page row beside it is the draft.
    items = rows.order_by(*_ORDERS[query.order]).values_list("title", "path", "summary", "first_published_at", "type")
    return [_item(*row) for row in items[: query.limit]]


def _item(title: str, path: str, summary: str, date: datetime, page_type: str) -> PageListItem:
    stored = json.loads("{" + summary)
    image = (stored.get("metadata") or {}).get("image")
    return PageListItem(
        title=title,
        url=public_url(path),
        description=stored.get("excerpt", ""),
        image=image if isinstance(image, str) else "",
        date=date,
        type=page_type,
    )
