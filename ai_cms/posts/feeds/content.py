"""A post's HTML as feed readers can use it: plain elements, whole addresses, nothing that needs the site's scripts or styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from ai_cms.blocks.html.markup import DROPPED_TAGS, Element, parse_html, serialize
from ai_cms.blocks.html.richtext import sanitize_html

__all__ = ["feed_html"]

#: What only works on the site itself.
_LEFT_OUT = (DROPPED_TAGS | {"button", "form", "input", "nav", "select", "textarea"}) - {"iframe"}
_ADDRESSES = ("href", "src", "cite")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def feed_html(html: str, base: str) -> str:
    """Return ``html`` for a feed. ``base``: the address of the page it stands on, which relative ones are relative to."""
    root = parse_html(html)
    pending = [root]
    while pending:
        element = pending.pop()
        element.children = [made for child in element.children for made in _kept(child, base)]
        pending.extend(element.elements())
    return sanitize_html(serialize(root.children))


def _kept(child: Element | str, base: str) -> Iterator[Element | str]:
    if not isinstance(child, Element):
        yield child
        return
    attrs = child.attrs
    if child.name in _LEFT_OUT or "hidden" in attrs or attrs.get("aria-hidden") == "true":
        return
    for name in _ADDRESSES:
        if attrs.get(name):
            attrs[name] = _whole(attrs[name], base)
    if child.name in ("iframe", "video", "audio"):
        yield from _as_link(child)
        return
    yield child


def _as_link(media: Element) -> Iterator[Element | str]:
    """Yield a link to what readers do not play in place."""
    inner = next((source.attrs["src"] for source in media.find_all("source") if source.attrs.get("src")), "")
    address = media.attrs.get("src") or inner
    if not address:
        return
    link = Element("a", {"href": address})
    link.children = [media.attrs.get("title") or media.attrs.get("aria-label") or address]
    paragraph = Element("p")
    paragraph.children = [link]
    yield paragraph


def _whole(address: str, base: str) -> str:
    if _SCHEME.match(address):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address
