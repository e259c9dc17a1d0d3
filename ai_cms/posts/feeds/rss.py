"""RSS 2.0, with the whole text in ``content:encoded`` and the authors in ``dc:creator``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .entries import Entry, FeedInfo, media_content, rfc822, rfc3339, xml_text

__all__ = ["CONTENT_TYPE", "render"]

CONTENT_TYPE = "application/rss+xml; charset=utf-8"

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/">\n<channel>\n'
)


def render(feed: FeedInfo, entries: Iterable[Entry]) -> str:
    """Return the feed as an RSS document."""
    return _HEAD + "".join(_channel(feed)) + "".join(map(_item, entries)) + "</channel>\n</rss>\n"


def _channel(feed: FeedInfo) -> Iterator[str]:
    yield f"<title>{xml_text(feed.title)}</title>\n<link>{xml_text(feed.home)}</link>\n"
    # RSS asks for a description; the title says as much as nothing would.
    yield f"<description>{xml_text(feed.description or feed.title)}</description>\n"
    if feed.language:
        yield f"<language>{xml_text(feed.language)}</language>\n"
    yield f"<lastBuildDate>{rfc822(feed.updated)}</lastBuildDate>\n"
    yield f'<atom:link rel="self" type="application/rss+xml" href="{xml_text(feed.url)}"/>\n'
    if feed.hub:
        yield f'<atom:link rel="hub" href="{xml_text(feed.hub)}"/>\n'


def _item(entry: Entry) -> str:
    parts = [
        f"<item>\n<title>{xml_text(entry.title)}</title>\n<link>{xml_text(entry.url)}</link>\n",
        f'<guid isPermaLink="false">{entry.uid.urn}</guid>\n<pubDate>{rfc822(entry.published)}</pubDate>\n',
        # RSS has no element for it.
        f"<atom:updated>{rfc3339(entry.updated)}</atom:updated>\n",
        *(f"<dc:creator>{xml_text(author.name)}</dc:creator>\n" for author in entry.authors),
        *(f"<category>{xml_text(name)}</category>\n" for name in entry.categories),
        media_content(entry.image),
        f"<description>{xml_text(entry.summary)}</description>\n",
        f"<content:encoded>{xml_text(entry.html)}</content:encoded>\n" if entry.html else "",
        "</item>\n",
    ]
    return "".join(parts)
