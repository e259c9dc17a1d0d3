"""Headings: what one says in a block, and the ids by which links find headings that state none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..html.markup import Element, text_of, words
from .result import link_url, one_line

__all__ = ["HeadingIds", "ReadHeading", "anchor_of", "heading_slug", "read_heading"]

MAX_ANCHOR = 100

_NOT_IN_SLUGS = re.compile(r"[^\w\- ]")
# The marks that generators put beside headings, so that readers can copy their address.
_PERMALINKS = words("anchor anchorjs-link header-anchor headerlink heading-anchor permalink")


def heading_slug(text: str) -> str:
    """Return the id that GitHub, Hugo and kramdown give a heading: ``"How to use it"`` → ``how-to-use-it``."""
    return _NOT_IN_SLUGS.sub("", text.strip().lower()).replace(" ", "-")


class HeadingIds:
    """Give headings ids by a rule, each once: the second of a name gets ``-1``."""

    def __init__(self, rule: Callable[[str], str] = heading_slug) -> None:
        self.rule = rule
        self.seen: dict[str, int] = {}

    def next(self, text: str) -> str:
        """Return the id of the next heading, "" for one that has no letters."""
        name = self.rule(text)[:MAX_ANCHOR]
        if not name:
            return ""
        count = self.seen.get(name)
        self.seen[name] = 0 if count is None else count + 1
        return name if count is None else f"{name[: MAX_ANCHOR - 6]}-{count + 1}"


@dataclass(frozen=True, slots=True)
class ReadHeading:
    """The text of a heading on one line, the id links lead to, and where the heading itself leads."""

    text: str
    anchor: str = ""
    link: str = ""


def anchor_of(value: str) -> str:
    """Return an id as a heading block takes it, "" if it cannot."""
    anchor = value.strip()
    return anchor if len(anchor) <= MAX_ANCHOR and not anchor.split()[1:] else ""


def read_heading(element: Element) -> ReadHeading | None:
    """Return what a heading says; ``None`` if its links lead to several places, which no block can say."""
    _drop_marks(element)
    inside = list(element.find_all_elements())
    hrefs = {link.attrs.get("href", "") for link in inside if link.name == "a"}
    links = {url for href in hrefs if not href.startswith("#") and (url := link_url(href))}
    if len(links) > 1:
        return None
    anchors = [anchor_of(holder.attrs.get("id", "")) for holder in (element, *inside)]
    return ReadHeading(one_line(text_of(element)), next(filter(None, anchors), ""), next(iter(links), ""))


def _drop_marks(element: Element) -> None:
    """Remove what stands in a heading for the mouse alone."""
    for parent in (element, *element.find_all_elements()):
        parent.children = [child for child in parent.children if isinstance(child, str) or not _is_mark(child)]


def _is_mark(element: Element) -> bool:
    if element.find("img") is not None or element.attrs.get("id"):
        return False
    if element.name == "a" and element.attrs.get("href", "").startswith("#"):
        return bool(_PERMALINKS & set(element.classes)) or text_of(element) in ("#", "¶", "§", "🔗")
    return element.attrs.get("aria-hidden") == "true"
