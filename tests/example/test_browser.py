"""The example site in a real browser: nothing refused by the policy, nothing asked of other hosts, nothing cut off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.browser.looks import look_at

from .conftest import DemoSite
from .test_demo import PUBLIC

pytestmark = pytest.mark.browser


class Watched:
    """A page that remembers what went wrong on it."""

    def __init__(self, browser: Any, base: str, **options: Any) -> None:
        self.page = browser.new_context(**options).new_page()
        self.base = base
        self.problems: list[str] = []
        self.page.on("console", lambda message: self._note(message.type in ("error", "warning"), message.text))
        self.page.on("pageerror", lambda error: self._note(True, str(error)))
        self.page.on("request", lambda request: self._note(self._is_foreign(request.url), f"asked {request.url}"))
        self.page.on("response", lambda answer: self._note(answer.status >= 400, f"{answer.status} {answer.url}"))

    def _is_foreign(self, url: str) -> bool:
        return not url.startswith((self.base, "data:", "blob:", "about:"))

    def _note(self, wrong: bool, text: str) -> None:
        if wrong:
            self.problems.append(f"{self.page.url}: {text}")

    def visit(self, path: str) -> None:
        self.page.goto(self.base + path, wait_until="load")

    def log_in(self, email: str, password: str) -> None:
        self.visit("/admin/login/")
        self.page.fill("#id_username", email)
        self.page.fill("#id_password", password)
        self.page.click("[type=submit]")


def test_public_pages_are_clean_and_fit(demo_site: DemoSite, browser: Any) -> None:
    watched = Watched(browser, demo_site.base, viewport={"width": 1440, "height": 900})
    found = []
    for path in PUBLIC:
        watched.visit(path)
        found += look_at(watched.page, path)
    assert found == []
    assert watched.problems == []


def test_what_is_not_there_looks_like_the_site(demo_site: DemoSite, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{demo_site.base}/admin/no-such-thing/")
    user = demo_site.user("editor")
    page.fill("#id_username", user["email"])
    page.fill("#id_password", user["password"])
    page.click("[type=submit]")
    page.get_by_role("heading", name="Not found").wait_for()
    assert page.get_by_role("link", name="Go to the administration").is_visible()
    assert look_at(page, "/admin/no-such-thing/") == []
    # A form with a token of another session.
    page.goto(f"{demo_site.base}/admin/password_change/")
    page.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((field) => { field.value = 'x'.repeat(64); })"
    )
    # Past the browser's own look at the empty fields.
    page.evaluate("document.querySelector('#content form').submit()")
    page.get_by_role("heading", name="The form was not taken").wait_for()
    assert look_at(page, "/admin/password_change/") == []


@pytest.mark.parametrize("width", [320, 360, 390])
def test_the_whole_menu_is_in_sight_on_a_phone(demo_site: DemoSite, browser: Any, width: int) -> None:
    page = browser.new_context(viewport={"width": width, "height": 740}).new_page()
    page.goto(f"{demo_site.base}/visit/getting-here/")
    menu = page.locator(".site-menu")
    assert menu.evaluate("menu => menu.scrollWidth <= menu.clientWidth"), "it scrolls sideways"
    boxes = [entry.bounding_box() for entry in menu.locator("a").all()]
    assert len(boxes) > 4
    for box in boxes:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        # WCAG 2.2, 2.5.8: large enough for a finger.
        assert min(box["width"], box["height"]) >= 24


def test_long_words_and_lines_of_imported_pages_fit_a_phone(demo_site: DemoSite, browser: Any) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{demo_site.base}/visit/")
    page.evaluate(
        """() => {
            document.querySelector("h1").textContent = "Antidis".repeat(40);
            document.querySelector(".breadcrumbs [aria-current]").textContent = "Antidis".repeat(40);
            const pre = document.createElement("pre");
            pre.textContent = "x = 1; ".repeat(200);
            document.querySelector(".aicms-rich-text").append(pre);
        }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_admin_is_clean(demo_site: DemoSite, browser: Any) -> None:
    watched = Watched(browser, demo_site.base)
    user = demo_site.user("admin")
    watched.log_in(user["email"], user["password"])
    links = watched.page.eval_on_selector_all("#content-main a", "links => links.map(link => link.pathname)")
    assert len(links) > 5
    for path in sorted(set(links)):
        watched.visit(path)
    assert watched.problems == []


def test_an_editor_finds_the_name_of_the_site_and_the_pages_first(demo_site: DemoSite, browser: Any) -> None:
    for name in ("editor", "admin"):
        watched = Watched(browser, demo_site.base)
        user = demo_site.user(name)
        watched.log_in(user["email"], user["password"])
        page = watched.page
        assert page.inner_text("#site-name") == "Morrowfen Botanic Garden"
        captions = page.locator("#content-main caption").all_text_contents()
        assert captions[0].strip() == "Pages"
        assert not [caption for caption in captions if "ai_cms" in caption]
        assert page.locator("#content-main tbody th").first.inner_text() == "Pages"
        page.goto(f"{demo_site.base}/admin/ai_cms_pages/")
        assert page.locator("#content-main tbody th").first.inner_text() == "Pages"


def test_api_documentation_is_clean(demo_site: DemoSite, browser: Any) -> None:
    watched = Watched(browser, demo_site.base)
    watched.visit("/api/docs/")
    watched.page.wait_for_load_state("networkidle")
    assert watched.problems == []


def test_keyboard_reaches_the_content_first(demo_site: DemoSite, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{demo_site.base}/visit/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
