"""One page of a list of posts, with what its template needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .archives import Archive, Card, archive_url
from .conf import posts_settings

__all__ = ["ListPage", "list_page"]


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some posts of a list. ``number``: from 1. ``has_next``: whether there are older ones."""

    archive: Archive
    number: int
    cards: list[Card]
    has_next: bool

    @property
    def url(self) -> str:
        return self._url(self.number)

    @property
    def previous_url(self) -> str:
        """The page before, "" for the first."""
        return self._url(self.number - 1) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        return self._url(self.number + 1) if self.has_next else ""

    def _url(self, number: int) -> str:
        return self.archive.url if number == 1 else f"{self.archive.url}?page={number}"

    @property
    def title(self) -> str:
        archive = self.archive
        if archive.kind == "all":
            return _("All posts")
        if archive.kind == "year":
            return archive.slug
        if archive.kind == "month" and archive.start is not None:
            return date_format(timezone.localtime(archive.start), "YEAR_MONTH_FORMAT")
        return archive.name

    @property
    def label(self) -> str:
        """What kind of list it is, to stand above the title."""
        return {
            "category": _("Category"),
            "tag": _("Tag"),
            "author": _("Author"),
            "series": _("Series"),
            "year": _("Archive"),
            "month": _("Archive"),
        }.get(self.archive.kind, "")

    @property
    def year_url(self) -> str:
        """The year of a month, "" for other lists."""
        return archive_url("year", self.archive.slug[:4]) if self.archive.kind == "month" else ""

    def groups(self) -> Iterator[tuple[str, str, list[Card]]]:
        """Yield the posts by month as (heading, URL of the month, posts), for lists that are in the order of time."""
        for month, cards in groupby(self.cards, lambda card: timezone.localtime(card.published).replace(day=1).date()):
            yield date_format(month, "YEAR_MONTH_FORMAT"), archive_url("month", f"{month:%Y-%m}"), list(cards)


def list_page(archive: Archive, number: int) -> ListPage | None:
    """Return page ``number`` of a list; ``None`` past its end. An empty list has one empty page. One query."""
    size = posts_settings.POSTS_PAGE_SIZE
    cards = archive.cards(limit=size + 1, offset=(number - 1) * size)
    if not cards and number > 1:
        return None
    return ListPage(archive, number, cards[:size], len(cards) > size)
