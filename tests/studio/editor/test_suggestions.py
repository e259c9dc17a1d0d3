"""What a model suggests is shown on the page as marked changes, and decided block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import Proposal

from .driving import Editing, block

pytestmark = pytest.mark.browser

Edit = Callable[..., Editing]
PAGE = [block("one", "heading", text="Our  bread .", level=2), block("two", "heading", text="Its  crust .", level=2)]


@pytest.fixture
def rules(settings: Any) -> None:
    """Have the backend that works by rules answer."""
    settings.AI_CMS = {
        **settings.AI_CMS,
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}},
        "LLM_CREDITS": False,
        "RUNNER": "inline",
    }


def texts(e: Editing) -> list[str]:
    return [item["props"]["text"] for item in e.stored()]


def test_a_task_is_asked_for_and_decided(rules: None, edit: Edit) -> None:
    e = edit(PAGE)
    e.choose("one")
    e.browser.locator(".aice-tabs button", has_text="AI").click()
    e.browser.get_by_role("button", name="Correct mistakes").click()
    # 23: marked on the page, with the words that differ; the draft on the server is as it was.
    e.browser.locator(".aice-frame--changed").wait_for(timeout=20_000)
    assert e.browser.locator(".aice-diff ins, .aice-diff del").count() >= 1
    e.frame.get_by_text("Our bread.").wait_for()
    assert texts(e) == ["Our  bread .", "Its  crust ."]
    e.browser.get_by_role("button", name="Accept all").click()
    e.until(lambda: texts(e) == ["Our bread.", "Its  crust ."])
    e.browser.wait_for_function("!document.querySelector('.aice-frame--changed')")
    # One step takes all that was accepted back.
    e.choose("two")
    e.press("Control+z")
    e.until(lambda: texts(e)[0] == "Our  bread .")
    assert e.problems == []


def test_blocks_are_decided_one_by_one_and_old_suggestions_said(edit: Edit) -> None:
    # 22: three new blocks: one rejected, one accepted, the rest accepted; unsaved text stays.
    e = edit(PAGE)
    page = type(e.page).objects.get(pk=e.page.pk)
    new = [{"op": "insert", "block": block(f"new{n}", "heading", text=f"New {n}", level=2)} for n in range(3)]
    services.create_proposal(page, new, actor=Actor.of(e.user), title="Three headings")
    e.browser.locator(".aice-tabs button", has_text="AI").click()
    e.browser.get_by_role("button", name="Three headings").click()
    e.browser.wait_for_function("document.querySelectorAll('.aice-frame--added').length === 3")
    assert len(e.stored()) == 2
    items = e.browser.locator(".aice-reviewlist > li")
    items.nth(0).get_by_role("button", name="Reject").click()
    e.browser.wait_for_function("document.querySelectorAll('.aice-frame--added').length === 2")
    items.nth(0).get_by_role("button", name="Accept").click()
    e.until(lambda: "New 1" in texts(e))
    e.browser.locator(".aice-reviewlist > li", has_text="New 2").get_by_role("button", name="Accept").click()
    e.until(lambda: [text for text in texts(e) if text.startswith("New")] == ["New 1", "New 2"])
    e.browser.wait_for_function("!document.querySelector('.aice-reviewlist')")
    e.until(lambda: not Proposal.objects.filter(status="pending").exists())
    # A block that was changed since is out of date.
    page = type(e.page).objects.get(pk=e.page.pk)
    stale = services.create_proposal(
        page, [{"op": "update", "id": "one", "props": {"text": "Suggested"}}], actor=Actor.of(e.user), title="Old words"
    )
    e.choose("one")
    e.browser.locator(".aice-tabs button", has_text="Block").click()
    e.field("text").fill("Changed meanwhile")
    e.saved()
    e.browser.locator(".aice-tabs button", has_text="AI").click()
    e.browser.get_by_role("button", name="Old words").click()
    e.browser.get_by_text("Out of date").first.wait_for()
    e.browser.get_by_role("button", name="Reject all").click()
    e.browser.wait_for_function("!document.body.textContent.includes('Out of date')")
    assert Proposal.objects.get(pk=stale.pk).status == "rejected"
    assert texts(e)[0] == "Changed meanwhile"
    assert e.problems == []
