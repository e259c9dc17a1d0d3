"""Headings: what one says in a block, and the ids by which links find headings that state none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...core.jsontypes import JsonObject
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
    """The text of a heading on one line, the id links lead to, where the heading leads by which of its words ("" for all), and
    the side it is aligned at ("" for the usual one)."""

    text: str
    anchor: str = ""
    link: str = ""
    link_text: str = ""
    align: str = ""

    def props(self, level: int) -> JsonObject:
        """Return the props of its block."""
        more = {"anchor": self.anchor, "link": self.link, "link_text": self.link_text, "align": self.align}
        return {"text": self.text, "level": level, **{name: value for name, value in more.items() if value}}


def anchor_of(value: str) -> str:
    """Return an id as a heading block takes it, "" if it cannot."""
    anchor = value.strip()
    return anchor if len(anchor) <= MAX_ANCHOR and not anchor.split()[1:] else ""


def read_heading(element: Element) -> ReadHeading | None:
    """Return what a heading says; ``None`` for what no block can say, such as links that lead to several places."""
    _drop_marks(element)
    inside = list(element.find_all_elements())
    hrefs = {link.attrs.get("href", "") for link in inside if link.name == "a"}
    links = {url for href in hrefs if not href.startswith("#") and (url := link_url(href))}
    if len(links) > 1:
        return None
    text, link = one_line(text_of(element)), next(iter(links), "")
    linked = _linked_words(text, [one for one in inside if one.name == "a" and link_url(one.attrs.get("href", ""))])
    if link and linked is None:
        return None
    anchors = [anchor_of(holder.attrs.get("id", "")) for holder in (element, *inside)]
    anchor = next(filter(None, anchors), "")
    return ReadHeading(text, anchor, link, linked or "" if link else "", _side_of(element))


def _linked_words(text: str, links: list[Element]) -> str | None:
    """Return the words that a heading's links are on, "" for all of them; ``None`` for what a block cannot say."""
    shown = [words for link in links if (words := one_line(text_of(link)))]
    if not shown or "".join(shown).replace(" ", "") == text.replace(" ", ""):
        # Of a link around a picture alone the heading's words are as good as any.
        return ""
    # The first place of the words is taken to be meant: not where they stand before the link as well.
    alone = len(shown) == 1 and text.count(shown[0]) == 1
    return shown[0] if alone else None


def _side_of(element: Element) -> str:
    """Return "center" or "end" where a heading is aligned so."""
    return next((side for side in ("center", "end") if f"align-{side}" in element.classes), "")


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
