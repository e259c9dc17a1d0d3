"""The guided steps and a portfolio in Chromium: by keyboard, light and dark, wide and narrow, under a strict policy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_cms.portfolio import get_portfolio_model, get_resume_model
from ai_cms.portfolio.services import create_portfolio, update_row
from tests import axe
from tests.pages.browser.conftest import Watched, chromium, watch

from .conftest import block

__all__ = ["chromium", "watch"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("AI_CMS_SHOTS")


def look(page: Any, name: str) -> None:
    """Check a page for barriers and, where somebody wants to look at it, keep a picture, wide and light, narrow and dark."""
    for width, scheme in ((1440, "light"), (390, "dark")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        assert axe.check(page) == [], (name, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{scheme}.png"), full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_portfolio_is_made_by_keyboard_alone(
    live_server: Any, ada: Any, library: Any, watch: Callable[..., Watched]
) -> None:
    watched = watch(ada)
    page = watched.page

    def go_on(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")

    page.goto(f"{live_server.url}/portfolio/")
    look(page, "index")
    page.get_by_label("Title").fill("Ada Marsh")
    go_on("Begin")
    look(page, "goal")
    page.get_by_label("Find a job").focus()
    page.keyboard.press("Space")
    go_on("Save and go on")
    page.get_by_label("What do you do?").fill("Engineer")
    go_on("Save and go on")
    page.get_by_label("About you").fill("I build boats.")
    page.get_by_label("Tide tables").check()
    look(page, "content")
    go_on("Save and go on")
    look(page, "design")
    page.get_by_label("Colour of links and buttons", exact=True).fill("#eeeeee")
    go_on("Save and go on")
    assert "has a contrast of" in page.locator(".pf-errors").inner_text()
    look(page, "design-refused")
    page.get_by_label("Colour of links and buttons", exact=True).fill("#0a6b2d")
    go_on("Save and go on")
    go_on("Publish")
    look(page, "publish")
    page.get_by_role("link", name="/p/ada-marsh/").first.click()
    page.wait_for_url("**/p/ada-marsh/")
    primary = "getComputedStyle(document.documentElement).getPropertyValue('--portfolio-primary').trim()"
    assert page.evaluate(primary) == "#0a6b2d"
    look(page, "portfolio")
    page.goto(f"{live_server.url}/p/ada-marsh/resume/")
    look(page, "resume")
    for path in (
        "projects/",
        "skills/",
        "resumes/",
        "projects/add/",
        "resumes/import/",
        f"resumes/{library['resume'].pk}/",
    ):
        page.goto(f"{live_server.url}/portfolio/library/{path}")
        look(page, "library-" + path.strip("/0123456789").replace("/", "-"))
    assert get_portfolio_model().objects.get().live
    assert watched.problems == []


def test_a_portfolio_with_every_block_has_no_barriers(
    live_server: Any, ada: Any, library: Any, watch: Callable[..., Watched]
) -> None:
    blocks = [
        block("project_grid", title="Work", layout="list"),
        block("skill_chart", title="Skills"),
        block("skill_chart", display="words"),
        block("timeline", title="The way here"),
        block("resume", contact=True, parts=["work", "education", "skills", "projects"]),
        block("call_to_action", title="Write", button_label="Write to me", button_url="mailto:ada@example.com"),
    ]
    create_portfolio(actor=ada, title="Ada", pages=[{"title": "Home", "blocks": blocks}], is_published=True)
    watched = watch(ada)
    watched.page.goto(f"{live_server.url}/p/ada/")
    look(watched.page, "every-block")
    if SHOTS:
        watched.page.emulate_media(media="print")
        watched.page.screenshot(path=str(Path(SHOTS) / "print.png"), full_page=True)
    assert watched.problems == []


def test_a_resume_is_fitted_to_a_job_by_keyboard_alone(
    live_server: Any, settings: Any, ada: Any, library: dict[str, Any], watch: Callable[..., Watched]
) -> None:
    settings.AI_CMS = {"LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}}, "RUNNER": "inline"}
    resume = library["resume"]
    skills = [{"name": "Sailing"}, {"name": "Python", "keywords": ["Maps", "Django"]}]
    basics = {**resume.content["basics"], "summary": "I like the sea."}
    update_row(resume, actor=ada, content={**resume.content, "basics": basics, "skills": skills})
    page = watch(ada).page
    page.goto(f"{live_server.url}/portfolio/library/resumes/{resume.pk}/")
    page.get_by_role("link", name="Fit it to a job").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Job advertisement").fill("Django engineer\nPython on Kubernetes. You keep tides to the minute.")
    look(page, "tailor")
    page.get_by_role("button", name="Propose changes").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Django engineer").wait_for()
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    look(page, "resume-proposal")
    page.get_by_label("Accept this change: Skills", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Accept what is chosen").focus()
    page.keyboard.press("Enter")
    page.get_by_text("2 changes are in the résumé.").wait_for()
    look(page, "resume-proposal-rest")
    content = get_resume_model().objects.get().content
    assert content["basics"]["summary"] == "Tides to the minute." and content["skills"][0]["name"] == "Sailing"
