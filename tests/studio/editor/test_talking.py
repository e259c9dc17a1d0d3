"""Comments at their blocks, with mentions, answers and resolving; links that lead to a thread; who else is at which block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.studio.models import Comment, Presence
from ai_cms.studio.services import add_comment, keep_present
from tests import axe
from tests.conftest import make_user
from tests.pages.browser.looks import DOUBLE_IDS, NAMELESS

from .driving import Editing, block

pytestmark = pytest.mark.browser

Edit = Callable[..., Editing]
PAGE = [
    block("head", "heading", text="How it rises", level=2),
    *(block(f"t{n}", "rich_text", html=f"<p>Step {n}: fold, and wait.</p>" + "<p>Time.</p>" * 4) for n in range(8)),
    block("last", "quote", text="Bread is patience."),
]


def panel(e: Editing) -> Any:
    return e.browser.locator(".aice-talk")


def open_panel(e: Editing) -> None:
    e.browser.locator(".aice-panel--form .aice-tabs button", has_text="Comments").click()


def test_a_thread_from_the_first_word_to_resolved(edit: Edit) -> None:
    ada = make_user("ada", is_staff=True, is_superuser=True)
    e = edit(PAGE)
    e.choose("head")
    open_panel(e)
    words = panel(e).get_by_role("textbox", name="Comment on Heading; @ mentions somebody")
    words.click()
    e.browser.keyboard.type("Is this so, @ad", delay=10)
    # Who may read the page is offered; keys choose.
    e.browser.locator(".aice-people [role=option]", has_text="ada").wait_for()
    assert axe.check(e.browser) == []
    e.press("Enter")
    assert words.input_value() == "Is this so, @ada "
    e.browser.keyboard.type("or @nobody?")
    # Another panel and back: what is not sent yet is still there.
    e.browser.locator(".aice-tabs button", has_text="Block").click()
    open_panel(e)
    assert words.input_value() == "Is this so, @ada or @nobody?"
    panel(e).get_by_role("button", name="Comment", exact=True).click()
    panel(e).locator("mark", has_text="@ada").wait_for()
    e.browser.get_by_text("Nobody who may read this page is called @nobody.").first.wait_for()
    comment = Comment.objects.get()
    assert (comment.block_id, [user.pk for user in comment.mentions.all()]) == ("head", [ada.pk])
    assert words.input_value() == ""
    # At the block, on the page and in the list.
    e.browser.locator(".aice-pin__notes", has_text="1").wait_for()
    assert "Comments: 1" in e.row("head").inner_text()
    panel(e).get_by_role("button", name="Answer").click()
    answer = panel(e).get_by_role("textbox", name="Answer; @ mentions somebody")
    answer.fill("It is.")
    answer.press("Control+Enter")
    panel(e).get_by_text("It is.").wait_for()
    assert Comment.objects.filter(parent=comment).count() == 1
    panel(e).get_by_role("button", name="Resolve", exact=True).click()
    e.browser.wait_for_function("!document.querySelector('.aice-pin__notes')")
    comment.refresh_from_db()
    assert comment.resolved_at is not None
    panel(e).get_by_text("Resolved: 1").click()
    panel(e).get_by_role("button", name="Open again").click()
    e.browser.locator(".aice-pin__notes").wait_for()
    # Deleting asks first.
    e.browser.locator(f"#comment-{comment.pk}").get_by_role("button", name="Delete the comment by").click()
    panel(e).get_by_role("button", name="Delete", exact=True).click()
    e.browser.wait_for_function("!document.querySelector('.aice-thread')")
    assert not Comment.objects.exists()
    assert e.stored() == PAGE
    assert e.problems == []


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_link_opens_a_thread_at_its_block(edit: Edit, width: int, scheme: str) -> None:
    ada = make_user("ada", is_staff=True, is_superuser=True, first_name="Ada", last_name="Lovelace")
    e = edit(PAGE, viewport={"width": width, "height": 900}, color_scheme=scheme)
    thread = add_comment(
        e.page, actor=Actor.of(ada), body=f"Who said that, @{e.user.username}?", block_id="last"
    ).comment
    add_comment(e.page, actor=Actor.of(e.user), body="My mother did.", parent=thread)
    add_comment(e.page, actor=Actor.of(ada), body="A picture would help here.", block_id="t1")
    add_comment(e.page, actor=Actor.of(ada), body="Something about a block of old.", block_id="gone")
    keep_present(e.page, actor=Actor.of(ada), block_id="last")
    e.browser.goto(f"{e.browser.url}#comment-{thread.pk}")
    e.browser.reload()
    e.browser.wait_for_function(f"document.activeElement?.id === 'comment-{thread.pk}'")
    # Its block is chosen, and in sight on the page.
    assert e.browser.evaluate("window.aiCmsEditor.document.length") == len(PAGE)
    top = e.browser.locator("iframe").evaluate("frame => frame.contentWindow.scrollY")
    assert top > 100
    panel(e).get_by_role("heading", name="On this block: Quote").wait_for()
    panel(e).get_by_text("On a block that is gone").wait_for()
    e.picture(f"comments-{width}-{scheme}")
    assert e.browser.evaluate(NAMELESS) == []
    assert e.browser.evaluate(DOUBLE_IDS) == []
    assert axe.check(e.browser) == []
    if width > 900:
        e.browser.locator(".aice-pin .aice-face[aria-label='Ada Lovelace is here']").wait_for()
        e.row("last").locator(".aice-face").wait_for()
        e.browser.get_by_role("button", name="Ada Lovelace has this page open").wait_for()
        # From a thread to its block.
        panel(e).get_by_role("button", name="Text: Step 1").click()
        panel(e).get_by_role("heading", name="On this block: Text").wait_for()
    assert e.problems == []


def test_two_people_see_each_other_and_what_is_said(edit: Edit, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "STUDIO_PRESENCE_SECONDS": 15}
    one = edit(PAGE)
    other = edit(page=one.page, user=make_user("grace", is_staff=True, is_superuser=True, first_name="Grace"))
    other.choose("t2")
    one.row("t2").locator(".aice-face[aria-label^='Grace']").wait_for()
    other.choose("head")
    one.row("head").locator(".aice-face[aria-label^='Grace']").wait_for()
    assert one.row("t2").locator(".aice-face").count() == 0
    add_comment(one.page, actor=Actor.of(other.user), body="Have a look.", block_id="t2")
    one.browser.locator(".aice-tabs .aice-badge", has_text="1").wait_for()
    # Who leaves is gone at once, and nobody is left behind.
    other.browser.close()
    one.browser.wait_for_function("!document.querySelector('.aice-face')")
    assert not Presence.objects.filter(user=other.user).exists()
    assert one.problems == []
