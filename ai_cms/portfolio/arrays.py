"""The document of a portfolio as an array of pages, and back.

In the document each page is a block of the type ``portfolio_page`` with the page's blocks inside, so that operations, proposals,
revisions and publications know nothing special of portfolios. On the wire it is
``[{"id", "title", "slug", "description", "blocks": [...]}]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.slugs import make_slug, unique_slug

__all__ = ["PAGE_BLOCK", "PortfolioPage", "array_problems", "blocks_of_pages", "pages_array", "pages_of"]

PAGE_BLOCK = "portfolio_page"
_PROPS = ("title", "slug", "description")
_KEYS = {"id", *_PROPS, "blocks"}
MOST_PAGES = 30


@dataclass(frozen=True)
class PortfolioPage:
    """One page of a portfolio. ``slug``: its part of the address, unique within the portfolio."""

    id: str
    title: str
    slug: str
    description: str = ""
    blocks: list[JsonObject] = field(default_factory=list)


def pages_of(document: Document | Sequence[JsonMapping]) -> list[PortfolioPage]:
    """Return the pages of a portfolio's document; blocks that stand in none of them come as a page of their own."""
    siblings = document.blocks if isinstance(document, Document) else document
    pages: list[PortfolioPage] = []
    loose: list[JsonObject] = []
    taken: set[str] = set()
    for block in siblings:
        if block.get("type") != PAGE_BLOCK:
            loose.append(dict(block))
            continue
        props = block.get("props") or {}
        title, slug, description = (value if isinstance(value := props.get(name), str) else "" for name in _PROPS)
        slug = unique_slug(make_slug(slug or title), taken)
        taken.add(slug)
        pages.append(PortfolioPage(str(block.get("id", "")), title, slug, description, block.get("children") or []))
    if loose:
        pages.append(PortfolioPage("", _("More"), unique_slug("more", taken), "", loose))
    return pages


def pages_array(pages: Iterable[PortfolioPage]) -> list[JsonObject]:
    """Return pages as clients read them."""
    return [
        {"id": page.id, "title": page.title, "slug": page.slug, "description": page.description, "blocks": page.blocks}
        for page in pages
    ]


def blocks_of_pages(raw: object) -> list[JsonObject]:
    """Return the document for an array of pages as a client wrote it; the blocks inside are for ``ai_cms.blocks`` to judge.

    Raises InvalidInput, under ``pages``, with a path for each problem.
    """
    problems: list[JsonObject] = []

    def wrong(loc: Sequence[object], kind: str, message: str) -> None:
        problems.append({"loc": [str(step) for step in loc], "type": kind, "msg": message})

    if not isinstance(raw, list):
        raise InvalidInput(errors={"pages": [_("Pages are a list.")]})
    if len(raw) > MOST_PAGES:
        raise InvalidInput(errors={"pages": [_("A portfolio has at most %(most)d pages.") % {"most": MOST_PAGES}]})
    blocks: list[JsonObject] = []
    slugs: set[str] = set()
    for index, page in enumerate(raw):
        if not isinstance(page, dict):
            wrong([index], "dict_type", _("A page is an object."))
            continue
        for name in sorted(set(page) - _KEYS, key=str):
            wrong([index, name], "extra_forbidden", _("Pages have no such key."))
        for name in _PROPS:
            if not isinstance(page.get(name, ""), str):
                wrong([index, name], "string_type", _("This must be a text."))
        inside = page.get("blocks", [])
        if not isinstance(inside, list):
            wrong([index, "blocks"], "list_type", _("The blocks of a page are a list."))
            continue
        slug = page.get("slug")
        if isinstance(slug, str) and slug:
            if make_slug(slug) != slug:
                wrong([index, "slug"], "slug", _("Use letters, digits, hyphens and underscores only."))
            elif slug in slugs:
                wrong([index, "slug"], "duplicate_slug", _("Another page has this slug."))
            slugs.add(slug)
        block: JsonObject = {
            "type": PAGE_BLOCK,
            "props": {name: page[name] for name in _PROPS if name in page},
            "children": inside,
        }
        if page.get("id"):
            block["id"] = page["id"]
        blocks.append(block)
    if problems:
        raise InvalidInput(errors={"pages": problems})
    return blocks


def array_problems(problems: Iterable[object]) -> list[Any]:
    """Return problems of a document with their paths as those of the array of pages."""
    return [
        {**problem, "loc": _in_array(problem["loc"])} if isinstance(problem, dict) and "loc" in problem else problem
        for problem in problems
    ]


def _in_array(loc: Sequence[str]) -> list[str]:
    """Return ``["0", "children", "1", "props", "text"]`` as ``["0", "blocks", "1", "props", "text"]``."""
    steps = [str(step) for step in loc]
    if len(steps) > 1 and steps[1] == "children":
        steps[1] = "blocks"
    elif len(steps) > 1 and steps[1] == "props":
        del steps[1]
    return steps
