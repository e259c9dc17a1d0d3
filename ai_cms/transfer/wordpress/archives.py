"""Where a WordPress site listed its posts, by its default addresses."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from ..base import ImportItem
from ..terms import ImportedTerm, OldArchive
from .item_values import terms_in
from .items import WxrItem, WxrSite

__all__ = ["Archives"]

_FEEDS = (("feed/", "rss"), ("feed/rss2/", "rss"), ("feed/atom/", "atom"))


class Archives:
    """Collect what posts stand under, and say which lists there were of them."""

    def __init__(self) -> None:
        self.terms: dict[tuple[str, str], ImportedTerm] = {}
        self.authors: dict[str, None] = {}
        self.months: dict[str, None] = {}

    def add(self, item: ImportItem, raw: WxrItem, site: WxrSite) -> None:
        """Take in what a post stands under."""
        for term in terms_in(site, [list(category) for category in raw.categories]):
            for upper in term.line():
                self.terms.setdefault((upper.kind, upper.slug or upper.name), upper)
        if raw.creator:
            self.authors[raw.creator] = None
        if item.created_at is not None:
            # The day in an address is the site's own.
            self.months[raw.post_date[:7] if raw.post_date[:1] in "12" else f"{item.created_at:%Y-%m}"] = None

    def old(self, base: str) -> Iterator[OldArchive]:
        """Yield the lists, with their feeds, below the path ``base``."""
        start = f"{base.rstrip('/')}/"
        yield from _with_feeds(start, "all", "")
        for (kind, value), term in self.terms.items():
            names = [upper.slug or upper.name for upper in term.line()] if kind == "category" else [value]
            yield from _with_feeds(f"{start}{kind}/{'/'.join(names)}/", kind, value)
        for login in self.authors:
            yield from _with_feeds(f"{start}author/{unquote(login, errors='replace').lower()}/", "author", login)
        for month in self.months:
            yield OldArchive(f"{start}{month.replace('-', '/')}/", "month", month)
        for year in dict.fromkeys(month[:4] for month in self.months):
            yield OldArchive(f"{start}{year}/", "year", year)


def _with_feeds(path: str, kind: str, value: str) -> Iterator[OldArchive]:
    # The list of everything was the home page, or a page of its own.
    if kind != "all":
        yield OldArchive(path, kind, value)
    for end, format in _FEEDS:
        yield OldArchive(f"{path}{end}", kind, value, format)
