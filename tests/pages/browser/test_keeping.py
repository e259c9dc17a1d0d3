"""Four ways to lose text that lose none: back and forward, no network, no session, no page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from ai_cms.pages import get_page_model, services

from .test_admin import HEADING, page_url

pytestmark = pytest.mark.browser


@pytest.fixture
def bread(page_factory: Callable[..., Any]) -> Any:
    return page_factory("Bread", content=[HEADING])


def saved(page: Any) -> Any:
    return get_page_model().objects.get(pk=page.pk)


def type_heading(page: Any, text: str) -> None:
    page.locator(".aicb-toggle").first.click()
    page.get_by_label("Text (required)").fill(text)


def test_back_and_forward(watch: Any, superuser: Any, bread: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("changelist"))
    watched.visit(page_url("change", bread.pk))
    page = watched.page
    page.on("dialog", lambda dialog: dialog.accept())
    type_heading(page, "Typed and left")
    page.go_back()
    page.go_forward()
    page.locator(".aicb-block").first.wait_for()
    # Whatever the browser put back, what is shown is what would be saved.
    shown = page.locator(".aicb-summary").first.inner_text()
    assert shown in page.input_value("#id_content_json")
    if shown != "Typed and left":
        page.get_by_role("button", name="Put it into the form").click()
    assert page.locator(".aicb-summary").first.inner_text() == "Typed and left"
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("was saved").wait_for()
    assert saved(bread).content_json.blocks[0]["props"]["text"] == "Typed and left"


def test_no_network(watch: Any, superuser: Any, bread: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("change", bread.pk))
    page = watched.page
    page.on("dialog", lambda dialog: dialog.accept())
    type_heading(page, "Typed on a train")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("The server cannot be reached, so nothing was saved.").wait_for()
    page.context.set_offline(False)
    page.get_by_text("The server can be reached again.").wait_for()
    # Even a tab that is closed loses nothing.
    page.goto("about:blank")
    watched.visit(page_url("change", bread.pk))
    page.get_by_role("button", name="Put it into the form").click()
    assert page.locator(".aicb-summary").first.inner_text() == "Typed on a train"
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("was saved").wait_for()
    assert saved(bread).content_json.blocks[0]["props"]["text"] == "Typed on a train"
    # What was saved is offered no more.
    page.wait_for_function("!location.search.includes('saved=')")
    watched.visit(page_url("change", bread.pk))
    assert page.get_by_role("button", name="Put it into the form").count() == 0
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('ai-cms-copy')).length") == 0


def test_the_session_ends(watch: Any, superuser: Any, bread: Any, live_server: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("change", bread.pk))
    page = watched.page
    type_heading(page, "Typed after lunch")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save draft").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("You have been logged out").wait_for()
    with page.expect_popup() as popup:
        dialog.get_by_role("link", name="Log in in another tab").click()
    other = popup.value
    other.fill("#id_username", "admin")
    other.fill("#id_password", "password")
    other.click("[type=submit]")
    other.get_by_text("You can close this tab now").wait_for()
    other.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_text("You are logged in again.").wait_for()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("was saved").wait_for()
    assert saved(bread).content_json.blocks[0]["props"]["text"] == "Typed after lunch"


def test_the_page_is_gone(watch: Any, superuser: Any, system: Any, bread: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("change", bread.pk))
    page = watched.page
    type_heading(page, "Typed in vain?")
    services.delete_page(bread, actor=system)
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("Nothing is lost: your text is kept").wait_for()
    page.get_by_role("button", name="Bring the page back").click()
    page.get_by_role("button", name="Put my text in its place").click()
    page.get_by_text("Your text is the draft now").wait_for()
    assert saved(bread).content_json.blocks[0]["props"]["text"] == "Typed in vain?"


def test_after_saving_one_is_where_one_was(watch: Any, superuser: Any, page_factory: Any) -> None:
    blocks = [{**HEADING, "id": f"h{number}"} for number in range(30)]
    made = page_factory("Long", content=blocks)
    watched = watch(superuser, viewport={"width": 1440, "height": 800})
    watched.visit(page_url("change", made.pk))
    page = watched.page
    page.locator("#aicb-h25 .aicb-toggle").click()
    page.locator("#aicb-h25").get_by_label("Text (required)").fill("Deep down")
    # The first words are shown while one types.
    assert page.locator("#aicb-h25 .aicb-summary").inner_text() == "Deep down"
    before = page.evaluate("window.scrollY")
    assert before > 500
    page.get_by_role("button", name="Save draft").click()
    page.locator(".aicms-state").get_by_text("Saved.").wait_for()
    page.wait_for_function("window.scrollY > 500")
    assert page.locator("#aicb-h25 .aicb-toggle").get_attribute("aria-expanded") == "true"
    assert page.locator("#aicb-h24 .aicb-toggle").get_attribute("aria-expanded") == "false"
    assert watched.problems == []


def test_a_public_page_is_moved_after_a_question(watch: Any, superuser: Any, page_factory: Any) -> None:
    page_factory("One")
    two = page_factory("Two", publish=True)
    watched = watch(superuser)
    watched.visit(page_url("changelist"))
    page = watched.page
    page.get_by_role("link", name="Two", exact=True).focus()
    # The keys of browsers for going back do nothing here.
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Alt+Shift+ArrowRight")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("would get another address").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    assert saved(two).path == "/two/"
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Two", exact=True).focus()
    page.keyboard.press("Alt+Shift+ArrowRight")
    page.get_by_role("dialog").get_by_role("button", name="Move it").click()
    page.get_by_role("status").get_by_text("below “One”").wait_for(state="attached")
    assert saved(two).path == "/one/two/"
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("status").get_by_text("below “Home”").wait_for(state="attached")
    assert saved(two).path == "/two/"
    assert watched.problems == []


def test_skip_to_the_tree(watch: Any, superuser: Any, bread: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("changelist"))
    page = watched.page
    # "Skip to main content", "Skip to the tree of pages", the first row.
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _step in range(12):
        page.keyboard.press("Tab")
        if re.match("Skip to the tree", page.evaluate("document.activeElement.textContent")):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.aicms-tree') !== null")
