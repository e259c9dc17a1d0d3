"""A visitor's whole way in Chromium over the real server: an account, a portfolio, a post with a picture, the feed."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageDraw

from tests import axe

from .conftest import DemoSite
from .test_accounts import Requests
from .test_browser import Watched

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("AI_CMS_SHOTS")


def photograph() -> bytes:
    """Return a picture as somebody's telephone would send it."""
    picture = Image.new("RGB", (1600, 1000), "#cfd8c4")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 620, 1600, 1000), fill="#6f8f5f")
    pen.ellipse((560, 240, 1040, 720), fill="#b5533c")
    pen.ellipse((640, 320, 960, 640), fill="#e0a070")
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


class Walker:
    """A visitor, who looks at each page as it comes: wide and narrow, light and dark."""

    def __init__(self, browser: Any, site: DemoSite) -> None:
        self.watched = Watched(browser, site.base, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        self.page = self.watched.page
        self.found: list[Any] = []

    def look(self, name: str) -> None:
        for width in (1440, 390):
            self.page.set_viewport_size({"width": width, "height": 900})
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                if (width, scheme) in ((1440, "light"), (390, "dark")):
                    self.found += [(name, width, scheme, wrong) for wrong in axe.check(self.page)]
                if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    self.found.append((name, width, "scrolls sideways"))
                if SHOTS:
                    # A header that stays in sight would stand in the middle of the picture.
                    self.page.evaluate("scrollTo(0, 0)")
                    self.page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}-{scheme}.png"), full_page=True)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.set_viewport_size({"width": 1440, "height": 900})

    def press(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name, exact=True).first.click()


def test_a_visitor_gets_an_account_a_portfolio_and_a_post_with_a_picture(
    demo_site: DemoSite, browser: Any, tmp_path: Path
) -> None:
    walker = Walker(browser, demo_site)
    page, watched = walker.page, walker.watched

    # An account, from the foot of any page.
    watched.visit("/blog/")
    walker.look("01-blog")
    walker.follow("Your account")
    walker.follow("Create an account")
    page.get_by_label("E-mail address").fill("wren@example.com")
    page.get_by_label("Name").fill("Wren Hollow")
    page.get_by_label("Password").fill("a long walk in the rain")
    walker.look("02-register")
    walker.press("Create account")
    walker.look("03-verify")
    page.get_by_label("Code").fill(Requests(demo_site).code("wren@example.com"))
    walker.press("Prove address")
    page.get_by_label("E-mail address").fill("wren@example.com")
    page.get_by_label("Password").fill("a long walk in the rain")
    walker.look("04-login")
    walker.press("Log in")
    walker.look("05-profile")

    # A portfolio, step by step.
    walker.follow("Your portfolios")
    walker.look("06-portfolios")
    page.get_by_label("Title").fill("Wren Hollow")
    walker.press("Begin")
    page.get_by_label("Find a job").check()
    walker.look("07-goal")
    walker.press("Save and go on")
    page.get_by_label("What do you do?").fill("Gardener")
    walker.look("08-role")
    walker.press("Save and go on")
    page.get_by_label("About you").fill("I look after walls, and what grows on them.")
    walker.look("09-content")
    walker.press("Save and go on")
    page.get_by_text("Folio", exact=True).click()
    walker.look("10-design")
    walker.press("Save and go on")
    walker.look("11-publish")
    walker.press("Publish")
    walker.look("12-published")
    walker.follow("/p/wren-hollow/")
    assert page.get_by_text("I look after walls, and what grows on them.").is_visible()
    walker.look("13-portfolio")

    # A post with a picture.
    watched.visit("/blog/")
    walker.follow("Your posts")
    walker.look("14-posts")
    walker.follow("Write a post")
    picture = tmp_path / "wall.jpg"
    picture.write_bytes(photograph())
    page.get_by_label("Title").fill("What grows on a wall")
    page.get_by_label("Text").fill("A wall is a **cliff** with a gate in it.\n\n## Ferns first\n\nThen the moss.")
    page.locator("input[type=file]").set_input_files(str(picture))
    page.get_by_label("What the picture shows").fill("A red pot on a lawn")
    page.get_by_label("Growing").check()
    page.get_by_label("Tags").fill("walls, ferns")
    walker.look("15-write")
    walker.press("Publish")
    walker.look("16-written")
    address = page.locator(".pw-state a").get_attribute("href")
    walker.follow("Your posts")
    walker.look("17-posts")

    # What everybody sees.
    visitor = Walker(browser, demo_site)
    visitor.watched.visit(address)
    shown = visitor.page.get_by_role("img", name="A red pot on a lawn")
    shown.wait_for()
    assert shown.evaluate("image => image.complete && image.naturalWidth > 300")
    assert visitor.page.locator("strong", has_text="cliff").is_visible()
    assert visitor.page.get_by_role("heading", name="Ferns first").is_visible()
    visitor.look("18-post")
    visitor.watched.visit("/category/growing/")
    assert visitor.page.get_by_role("link", name="What grows on a wall", exact=True).is_visible()
    visitor.look("19-category")
    visitor.watched.visit("/blog/")
    visitor.look("20-blog")
    feed = ElementTree.fromstring(demo_site.get("/feed/atom/").text)
    atom = "{http://www.w3.org/2005/Atom}"
    entry = next(
        entry for entry in feed.iter(f"{atom}entry") if entry.findtext(f"{atom}title") == "What grows on a wall"
    )
    assert entry.find(f"{atom}author").findtext(f"{atom}name") == "Wren Hollow"
    assert any(link.get("href") == f"{demo_site.base}{address}" for link in entry.iter(f"{atom}link"))
    assert "<strong>cliff</strong>" in "".join(entry.itertext())
    assert f"{demo_site.base}/media/" in ElementTree.tostring(entry, "unicode")
    assert walker.found + visitor.found == []
    assert watched.problems + visitor.watched.problems == []
