"""The content of a portfolio as one short form: what the guided step asks, put into blocks and read out of them again.

Of each kind the first block of the home page is meant (the résumé may stand on any page); everything else a portfolio holds stays
as it is, whoever wrote it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import ActorLike

from ..arrays import pages_array
from ..models import PortfolioMixin
from .portfolios import update_portfolio
from .starting import paragraphs, starter_pages

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["Content", "read_content", "write_content"]

_BREAKS = re.compile(r"<br\s*/?>|</(?:li|h[1-6]|tr|div)>", re.IGNORECASE)
_PARTS = re.compile(r"</(?:p|ul|ol|blockquote|table)>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")


@dataclass
class Content:
    """What the step asks.

    ``projects`` and ``skills``: keys in order, empty for all; ``None`` for no such block. ``resume``: a key, ``None`` for none.
    """

    heading: str = ""
    tagline: str = ""
    about: str = ""
    projects: list[int] | None = field(default_factory=list)
    skills: list[int] | None = field(default_factory=list)
    resume: int | None = None
    timeline: bool = True
    email: str = ""


def read_content(portfolio: AbstractPage) -> Content:
    """Return what a portfolio holds now; suggestions for one that holds nothing yet."""
    pages = portfolio.pages
    if not pages:
        return Content(heading=portfolio.title, tagline=portfolio.role)
    home = pages[0].blocks
    hero, text = _first(home, "hero"), _first(home, "rich_text")
    grid, chart = _first(home, "project_grid"), _first(home, "skill_chart")
    timeline, action = _first(home, "timeline"), _first(home, "call_to_action")
    resume = _first((block for page in pages for block in page.blocks), "resume")
    address = _props(action).get("button_url") or ""
    return Content(
        heading=_props(hero).get("heading", ""),
        tagline=_props(hero).get("text", ""),
        about=plain_text(_props(text).get("html", "")),
        projects=None if grid is None else list(_props(grid).get("projects") or []),
        skills=None if chart is None else list(_props(chart).get("skills") or []),
        resume=_props(resume).get("resume") or _props(timeline).get("resume"),
        timeline=timeline is not None,
        email=address.removeprefix("mailto:") if address.startswith("mailto:") else "",
    )


def write_content(
    portfolio: PortfolioMixin, content: Content, *, actor: ActorLike, expected_version: int | None = None
) -> PortfolioMixin:
    """Put the answers of the step into a portfolio's blocks. Returns the fresh portfolio.

    Raises InvalidInput, PageStale and what permissions raise.
    """
    pages = pages_array(portfolio.pages)
    if not pages:
        pages = starter_pages(portfolio, name=content.heading, about=content.about, email=content.email)
    before = read_content(portfolio)
    home = pages[0]["blocks"] = list(pages[0]["blocks"])
    _put(home, "hero", {"heading": content.heading, "text": content.tagline}, start=True, new={"level": 1})
    # Formatting from elsewhere stays as long as the words do.
    if content.about != before.about or _first(home, "rich_text") is None:
        _put(home, "rich_text", {"html": paragraphs(content.about)} if content.about.strip() else None, after="hero")
    _put(home, "project_grid", _keys("projects", content.projects), new={"title": _("Selected work")})
    _put(home, "skill_chart", _keys("skills", content.skills), new={"title": _("Skills")})
    shown = {"resume": content.resume} if content.timeline else None
    _put(home, "timeline", shown, new={"title": _("The way here")})
    for page in pages:
        if _first(page["blocks"], "resume") is not None:
            page["blocks"] = list(page["blocks"])
            _put(page["blocks"], "resume", {"resume": content.resume})
    if content.email != before.email or not before.email:
        action = {"button_label": content.email, "button_url": f"mailto:{content.email}"} if content.email else None
        _put(home, "call_to_action", action, new={"title": _("Write to me")})
    return update_portfolio(portfolio, actor=actor, pages=pages, expected_version=expected_version)


def plain_text(markup: str) -> str:
    """Return HTML as text with its paragraphs."""
    text = re.sub(r"\s*\n\s*", " ", markup)
    text = _PARTS.sub("\n\n", _BREAKS.sub("\n", text))
    return re.sub(r"\n{3,}", "\n\n", html.unescape(_TAGS.sub("", text))).strip()


def _keys(name: str, keys: list[int] | None) -> JsonObject | None:
    return None if keys is None else {name: keys}


def _first(siblings: Iterable[JsonObject], kind: str) -> JsonObject | None:
    return next((block for block in siblings if block.get("type") == kind), None)


def _props(block: JsonObject | None) -> JsonObject:
    return {} if block is None else block.get("props") or {}


def _put(
    siblings: list[JsonObject],
    kind: str,
    props: JsonObject | None,
    *,
    new: JsonObject | None = None,
    start: bool = False,
    after: str = "",
) -> None:
    """Change the first block of a kind, or add one with ``new`` props; ``None`` takes it away."""
    found = _first(siblings, kind)
    if props is None:
        if found is not None:
            siblings.remove(found)
        return
    if found is not None:
        siblings[siblings.index(found)] = {**found, "props": {**_props(found), **props}}
        return
    place = 0 if start else len(siblings)
    beside = _first(siblings, after) if after else None
    if beside is not None:
        place = siblings.index(beside) + 1
    elif not start and siblings and siblings[-1].get("type") == "call_to_action":
        place -= 1
    siblings.insert(place, {"type": kind, "props": {**(new or {}), **props}})
