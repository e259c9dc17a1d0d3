"""The designs in Chromium under a strict policy: light and dark, phone and desk, by keyboard, on paper."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.design.layouts import layouts
from ai_cms.portfolio.services import create_portfolio, create_row
from tests import axe
from tests.pages.browser.conftest import Watched, chromium, watch

__all__ = ["chromium", "watch"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("AI_CMS_SHOTS")
PICTURE = "/static/ai_cms/blocks/example.svg"
COLUMN = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: The colours of the page and of its text, as the browser has them.
SEEN = "() => ['background', 'text'].map((name) => getComputedStyle(document.documentElement).getPropertyValue('--portfolio-' + name))"


def block(kind: str, *children: dict[str, Any], **props: Any) -> dict[str, Any]:
    return {"type": kind, "props": props, "children": list(children)}


PAGES = [
    {
        "title": "Home",
        "slug": "home",
        "blocks": [
            block(
                "hero",
                block("button", label="See the work", url="/work/"),
                block("button", label="Write to me", url="/contact/", style="outline"),
                heading="Pages that reward the slow reader",
                text="Art direction for publishers and museums.",
                level=1,
                image=PICTURE,
            ),
            block("rich_text", html="<p>I make things to read, with <a href='/'>a link</a>.</p><p>And more.</p>"),
            block("project_grid", title="Selected work"),
            block("quote", text="<p>People keep it.</p>", attribution="An editor"),
            block("skill_chart", title="What I do"),
            block("timeline", title="So far"),
            block("contact", title="Say hello", text="I answer every letter.", email="mara@example.com", place="Malmö"),
        ],
    },
    {
        "title": "Everything else",
        "slug": "else",
        "blocks": [
            block("heading", text="Notes", level=2),
            block("rich_text", html="<h3>How I work</h3><ul><li>Read</li></ul>"),
            block("gallery", images=[{"src": PICTURE, "alt": f"Loaf {n}", "caption": "A loaf"} for n in range(3)]),
            block("cards", *(block("card", title=name, text="Words", link_url="/", link_label=f"About {name}") for name in "AB")),
            block("table", rows=[["Kind", "From"], ["Cover", "€ 1,800"]], caption="Prices"),
            block("code", code="@page { size: A4 }", language="css"),
            block("section", title="Steps", background="accent", items=[{"heading": "Read", "text": "All of it."}]),
            block("accordion", block("accordion_item", block("rich_text", html="<p>Yes.</p>"), title="Books?", open=True)),
            block("resume", title="Résumé", contact=True),
            block("call_to_action", title="A book?", text="Tell me.", button_label="Write", button_url="/",
                  second_label="Prices", second_url="/"),
        ],
    },
]  # fmt: skip
RESUME = {
    "basics": {"name": "Mara Lindqvist", "label": "Art director", "email": "mara@example.com", "summary": "Books."},
    "work": [
        {"name": "Norrsken", "position": "Senior designer", "startDate": "2019-04", "highlights": ["A type system"]},
        {"name": "Norrsken", "position": "Designer", "startDate": "2017", "endDate": "2019-03"},
        {"name": "Atlas", "position": "Junior", "startDate": "2014", "endDate": "2017", "url": "https://example.org/"},
    ],
    "skills": [{"name": "Typography", "level": "Expert", "keywords": ["Grids"]}],
}


@pytest.fixture
def published(member: Any) -> list[tuple[str, str]]:
    """Publish the same portfolio in every layout; return names and addresses."""
    services.create_site(hostname="testserver", name="Test site", title="Home")
    actor = Actor.of(member)
    for number in range(4):
        create_row(
            get_project_model(),
            actor=actor,
            title=f"The Tidewater Review {number}",
            description="A quarterly of essays about coasts.",
            image_url=PICTURE if number != 2 else "",
            image_alt="A cover",
            technologies=["Print", "Type"],
            link="https://example.org/" if number % 2 else "",
            start_date="2023-05",
        )
    for name, level in (("Typography", 5), ("Figma", 2)):
        create_row(get_skill_model(), actor=actor, name=name, category="Design", level=level, years=3)
    create_row(get_resume_model(), actor=actor, title="Main", content=RESUME)
    made = []
    for name, _layout in layouts.items():
        portfolio = create_portfolio(
            actor=actor,
            title="Mara Lindqvist",
            slug=f"mara-{name}",
            role="Art director",
            design={"layout": name},
            pages=PAGES,
            is_published=True,
        )
        made.append((name, portfolio.get_absolute_url()))
    return made


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.stress
def test_the_designs_in_each_light_and_width_and_on_paper(
    published: list[tuple[str, str]], member: Any, watch: Callable[..., Watched]
) -> None:
    # Colours fade into each other otherwise, and are measured half-way.
    watched = watch(member, reduced_motion="reduce")
    page = watched.page
    found: list[str] = []
    for name, home in published:
        for path in (home, f"{home}else/"):
            watched.visit(path)
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 800})
                page.emulate_media(color_scheme="light", reduced_motion="reduce")
                found += [f"{path} {width}: {wrong}" for wrong in axe.check(page)]
                shoot(page, f"{name}-{path.strip('/').rpartition('/')[2]}-{width}")
                page.emulate_media(color_scheme="dark", reduced_motion="reduce")
                # Colours alone differ in the dark.
                found += [f"{path} {width}, dark: {wrong}" for wrong in axe.check(page, "color-contrast")]
            for width in (820, 390, 320):
                page.set_viewport_size({"width": width, "height": 800})
                beyond = page.evaluate(COLUMN)
                found += [f"{path}: {beyond} pixels beyond {width}"] if beyond > 0 else []
            dark = page.evaluate(SEEN)
            paper = page.pdf(format="A4")
            page.emulate_media(media="print")
            found += [] if page.evaluate(SEEN) != dark else [f"{path}: dark on paper"]
            page.emulate_media(media="screen")
            count = len(re.findall(rb"/Type\s*/Page\b", paper))
            found += [] if 1 <= count <= 6 else [f"{path}: {count} pages of paper"]
    assert not found, "\n".join(found)
    assert watched.problems == []


def test_the_first_tab_skips_to_the_content_and_the_pages_are_reached_by_keyboard(
    published: list[tuple[str, str]], member: Any, watch: Callable[..., Watched]
) -> None:
    watched = watch(member, reduced_motion="reduce")
    page = watched.page
    for name, home in published:
        watched.visit(home)
        assert axe.check(page) == [], name
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        assert skip.inner_text() == "Skip to content", name
        page.wait_for_function("() => document.activeElement.getBoundingClientRect().top >= 0")
        skip.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        # What has the focus has a line around it that can be seen.
        link = page.get_by_role("navigation").get_by_role("link", name="Everything else")
        link.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        assert link.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid", name
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{home}else/")
        assert page.get_by_role("heading", level=1).inner_text().lstrip("# ") == "Everything else"
    assert watched.problems == []
