"""Every state of the editor by axe, light and dark, on a desktop and a phone; what screen readers are told; right to left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from tests import axe
from tests.pages.browser.looks import DOUBLE_IDS, NAMELESS

from .driving import Editing, block

pytestmark = pytest.mark.browser

Edit = Callable[..., Editing]
PAGE = [
    block("hero", "hero", [block("go", "button", label="Find us", url="/find/")], heading="Bread, slowly"),
    block("text", "rich_text", html="<p>Flour, <strong>water</strong>, salt.</p>"),
    block("list", "list", items=["Flour", "Water"]),
    block("tab", "table", rows=[["Step", "Hours"], ["Rise", "2"]]),
    block("img", "image", src="/static/ai_cms/blocks/example.svg"),
    block("bad", "cards", [block("card", "card", title="")], columns=3),
]


def sound(e: Editing, state: str) -> None:
    assert axe.check(e.browser) == [], state
    assert e.browser.evaluate(NAMELESS) == [], state
    assert e.browser.evaluate(DOUBLE_IDS) == [], state


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])
def test_every_state_is_accessible(edit: Edit, width: int, scheme: str) -> None:
    e = edit(PAGE, viewport={"width": width, "height": 900}, color_scheme=scheme)
    small = width < 900
    sound(e, "at first")

    def panel(name: str) -> None:
        if small and not e.browser.locator(".aice-panel--form").count():
            e.browser.get_by_role("button", name="Settings and form").click()
        e.browser.locator(".aice-panel--form .aice-tabs button", has_text=name).click()

    for id in ("hero", "text", "list", "tab", "img", "card"):
        if small and not e.browser.locator(".aice-panel--tree").count():
            e.browser.get_by_role("button", name="List of blocks").first.click()
        e.choose(id)
        panel("Block")
        e.browser.wait_for_timeout(200)
        sound(e, id)
        if width == 1440 and scheme == "light" and id == "tab":
            tree = e.browser.locator("body").aria_snapshot()
            for words in (
                'tree "Blocks of the page"',
                'treeitem "Table',
                'textbox "Row 1, column 1"',
                'toolbar "What can be done to Table"',
                'button "Publish"',
            ):
                assert words in tree, tree
    for name in ("Page", "Checks", "AI"):
        panel(name)
        e.browser.wait_for_timeout(200)
        sound(e, name)
    if small:
        e.browser.get_by_role("button", name="List of blocks").first.click()
    e.choose("text")
    e.row("text").focus()
    e.press("/")
    e.browser.wait_for_selector("dialog[open]")
    sound(e, "the dialog that adds a block")
    e.press("Escape")
    e.browser.get_by_role("button", name="To add").click()
    sound(e, "the palette")
    e.browser.locator("summary[title='More ways to publish']").click()
    e.browser.get_by_role("button", name="Publish later …").click()
    sound(e, "the schedule")
    e.press("Escape")
    assert e.problems == []


def test_right_to_left(edit: Edit) -> None:
    with override_settings(LANGUAGE_CODE="ar"):
        e = edit(PAGE)
        assert e.browser.evaluate("document.documentElement.dir") == "rtl"
        tree, form = (
            e.browser.locator(".aice-panel--tree").bounding_box(),
            e.browser.locator(".aice-panel--form").bounding_box(),
        )
        assert tree["x"] > form["x"]
        e.choose("text")
        e.browser.wait_for_selector(".aice-toolbar")
        e.picture("right-to-left")
        # Further in is to the left here.
        e.choose("hero")
        e.press("ArrowLeft")
        assert e.focused() == "go"
        e.press("ArrowRight")
        assert e.focused() == "hero"
        assert axe.check(e.browser) == []
        assert e.problems == []


def test_hashed_file_names(edit: Edit, settings: Any, tmp_path: Any) -> None:
    hashed = tmp_path / "static"
    settings.STATIC_ROOT = str(hashed)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    # The live server finds files as runserver does: those that were collected, and no others.
    settings.STATICFILES_DIRS = [str(hashed)]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    e = edit(PAGE)
    e.choose("text")
    e.browser.wait_for_selector(".ProseMirror")
    assert e.problems == []
