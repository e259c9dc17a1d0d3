"""Atom (RFC 4287)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .entries import Entry, FeedInfo, media_content, rfc3339, xml_text

__all__ = ["CONTENT_TYPE", "render"]

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
_MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'


def render(feed: FeedInfo, entries: Iterable[Entry]) -> str:
    """Return the feed as an Atom document."""
    language = f' xml:lang="{xml_text(feed.language)}"' if feed.language else ""
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" {_MEDIA}{language}>\n'
    body = "".join(_entry(entry, feed) for entry in entries)
    return f"{head}{''.join(_feed(feed))}{body}</feed>\n"


def _feed(feed: FeedInfo) -> Iterator[str]:
    yield f"<id>{feed.uid.urn}</id>\n<title>{xml_text(feed.title)}</title>\n"
    if feed.description:
        yield f"<subtitle>{xml_text(feed.description)}</subtitle>\n"
    yield f"<updated>{rfc3339(feed.updated)}</updated>\n"
    yield f'<link rel="alternate" type="text/html" href="{xml_text(feed.home)}"/>\n'
    yield f'<link rel="self" type="application/atom+xml" href="{xml_text(feed.url)}"/>\n'
    if feed.hub:
        yield f'<link rel="hub" href="{xml_text(feed.hub)}"/>\n'


def _entry(entry: Entry, feed: FeedInfo) -> str:
    language = f' xml:lang="{xml_text(entry.language)}"' if entry.language not in ("", feed.language) else ""
    parts = [
        f"<entry{language}>\n<id>{entry.uid.urn}</id>\n<title>{xml_text(entry.title)}</title>\n",
        f'<link rel="alternate" type="text/html" href="{xml_text(entry.url)}"/>\n',
        f"<published>{rfc3339(entry.published)}</published>\n<updated>{rfc3339(entry.updated)}</updated>\n",
        # An entry without an author is no Atom unless the feed has one.
        *(_author(author.name, author.url) for author in entry.authors or ()),
        "" if entry.authors else _author(feed.title, feed.home),
        *(f'<category term="{xml_text(name)}"/>\n' for name in entry.categories),
        media_content(entry.image),
        f"<summary>{xml_text(entry.summary)}</summary>\n" if entry.summary else "",
        f'<content type="html">{xml_text(entry.html)}</content>\n' if entry.html else "",
        "</entry>\n",
    ]
    return "".join(parts)


def _author(name: str, url: str) -> str:
    uri = f"<uri>{xml_text(url)}</uri>" if url else ""
    return f"<author><name>{xml_text(name)}</name>{uri}</author>\n"
