"""What a feed is made of, whatever its format: one :class:`FeedInfo` and some :class:`Entry` objects, all addresses absolute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

__all__ = ["Author", "Entry", "FeedInfo", "media_content", "rfc822", "rfc3339", "xml_text"]

#: What no XML 1.0 document may hold, not even as a reference; one such character and no reader opens the feed.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote an entry. ``url``: the page of what they wrote, "" for none."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One post as a feed shows it.

    ``uid`` stays for good. ``html``: the whole text, "" where the site gives excerpts alone. ``updated``: when the text
    last changed, never before ``published``. ``categories``: names of categories and tags.
    """

    uid: UUID
    url: str
    title: str
    published: datetime
    updated: datetime
    summary: str = ""
    html: str = ""
    authors: tuple[Author, ...] = ()
    categories: tuple[str, ...] = ()
    image: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """The feed itself. ``home``: the page that shows the same posts. ``url``: the feed's own address. ``hub``: "" for none."""

    uid: UUID
    title: str
    home: str
    url: str
    updated: datetime
    description: str = ""
    language: str = ""
    hub: str = ""


def xml_text(text: str) -> str:
    """Return ``text`` escaped for XML content and attributes, without the characters that XML forbids."""
    return _FORBIDDEN.sub("", text).translate(_ESCAPES)


def media_content(address: str) -> str:
    """Return the element for an entry's picture, whose prefix "media" the feed declares; "" for none."""
    return f'<media:content url="{xml_text(address)}" medium="image"/>\n' if address else ""


def rfc3339(moment: datetime) -> str:
    """Return a moment as Atom and JSON Feed write it, in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def rfc822(moment: datetime) -> str:
    """Return a moment as RSS writes it, in UTC: named zones are read wrongly by some readers."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))
