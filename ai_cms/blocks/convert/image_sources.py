"""Where a picture is that its page loads by script, or in the size that fits: attributes beside ``src``."""

from __future__ import annotations

from ..html.markup import Element
from .result import file_url

__all__ = ["find_source"]

_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-orig-src",
    "data-lazy",
    "data-orig-file",
    "data-large-file",
)
_SETS = ("srcset", "data-srcset", "data-lazy-srcset")


def find_source(element: Element) -> None:
    """Give an ``img``, or the ``img`` of a ``picture``, a usable ``src`` where another attribute names the picture."""
    image = element if element.name == "img" else element.find("img")
    if image is None or file_url(image.attrs.get("src", "")):
        return
    holders = [element, *(element.find_all("source") if element.name == "picture" else ())]
    found = [holder.attrs.get(name, "") for holder in holders for name in _LAZY]
    found += [_largest(holder.attrs.get(name, "")) for holder in holders for name in _SETS]
    if source := next(filter(None, map(file_url, found)), ""):
        image.attrs["src"] = source


def _largest(candidates: str) -> str:
    """Return the address of the largest picture of a ``srcset``: ``a.jpg 400w, b.jpg 800w``."""
    best, address = -1.0, ""
    words = candidates.split()
    for index, word in enumerate(words):
        if word[:-1].replace(".", "", 1).isdigit() and word.rstrip(",")[-1:] in "wx" and index:
            continue
        after = words[index + 1].rstrip(",") if index + 1 < len(words) and not word.endswith(",") else ""
        size = float(after[:-1]) if after[-1:] in ("w", "x") and after[:-1].replace(".", "", 1).isdigit() else 1.0
        if size > best and word.strip(","):
            best, address = size, word.strip(",")
    return address
