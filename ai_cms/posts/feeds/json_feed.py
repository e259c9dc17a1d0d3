"""JSON Feed 1.1."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ai_cms.core.jsontypes import JsonObject

from .entries import Author, Entry, FeedInfo, rfc3339

__all__ = ["CONTENT_TYPE", "render"]

CONTENT_TYPE = "application/feed+json; charset=utf-8"


def render(feed: FeedInfo, entries: Iterable[Entry]) -> str:
    """Return the feed as a JSON Feed document."""
    found: JsonObject = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "description": feed.description,
        "language": feed.language,
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else [],
    }
    whole = {**_given(found), "items": [_item(entry, feed) for entry in entries]}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _item(entry: Entry, feed: FeedInfo) -> JsonObject:
    found: JsonObject = {
        "id": entry.uid.urn,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "image": entry.image,
        "date_published": rfc3339(entry.published),
        "date_modified": rfc3339(entry.updated),
        "authors": [_author(author) for author in entry.authors],
        "tags": list(entry.categories),
        "language": entry.language if entry.language != feed.language else "",
    }
    if not entry.html:
        # An item holds content, as text where there is no HTML.
        found["content_text"] = entry.summary or entry.title
    return _given(found)


def _author(author: Author) -> dict[str, str]:
    return _given({"name": author.name, "url": author.url})


def _given(found: JsonObject) -> JsonObject:
    return {name: value for name, value in found.items() if value not in ("", [])}
