"""The ways to lose text, and that none of them does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import Revision
from tests.conftest import make_user

from .driving import Editing, block

pytestmark = pytest.mark.browser

Edit = Callable[..., Editing]
PAGE = [block("head", "heading", text="One", level=2), block("text", "heading", text="Two", level=2)]


def write(e: Editing, text: str, id: str = "head") -> None:
    """Put text into the form of a heading."""
    e.choose(id)
    e.field("text").fill(text)


def texts(e: Editing) -> list[str]:
    return [item["props"]["text"] for item in e.stored()]


def theirs(e: Editing, id: str, text: str, *, actor: Any = None) -> None:
    """Have somebody else change a block."""
    page = type(e.page).objects.get(pk=e.page.pk)
    operation = {"op": "update", "id": id, "props": {"text": text}}
    services.apply_page_operations(
        page, [operation], actor=actor or Actor.of(make_user(f"other{id}", is_staff=True, is_superuser=True))
    )


def offline(problems: list[str]) -> list[str]:
    """Return the problems that are not the missing network's."""
    return [
        text
        for text in problems
        if "ERR_" not in text and "503" not in text and "412" not in text and "401" not in text and "410" not in text
    ]


def test_it_saves_by_itself_one_at_a_time(edit: Edit) -> None:
    # 19, and a slow server with fast typing: no character is lost, one request at a time.
    e = edit(PAGE)
    flying, most = [0], [0]

    def slowly(route: Any) -> None:
        if route.request.method == "PUT":
            flying[0] += 1
            most[0] = max(most[0], flying[0])
            e.browser.wait_for_timeout(250)
            flying[0] -= 1
        route.continue_()

    e.browser.route("**/draft/", slowly)
    e.choose("head")
    e.field("text").fill("")
    words = "The quick brown fox jumps over the lazy dog and sleeps"
    e.field("text").press_sequentially(words, delay=40)
    assert e.saving() in ("Unsaved", "Saving …")
    e.saved()
    assert texts(e)[0] == words
    assert most[0] == 1
    e.browser.unroute("**/draft/")
    # A reload, and back and forward, show what was typed; at once after the last key too.
    write(e, "Typed and reloaded")
    e.browser.on("dialog", lambda dialog: dialog.accept())
    e.browser.reload()
    e.browser.wait_for_selector("[role=treeitem]")
    e.saved()
    assert texts(e)[0] == "Typed and reloaded"
    write(e, "Back and forward")
    e.browser.goto(f"{e.base}/studio/edit/logged-in/")
    e.browser.go_back()
    e.browser.wait_for_selector("[role=treeitem]")
    e.saved()
    assert texts(e)[0] == "Back and forward"
    assert e.problems == []


def test_without_a_connection_and_after_a_crash(edit: Edit) -> None:
    # 21: said, kept, and saved once the server is there again; closing the tab warns.
    e = edit(PAGE)
    e.browser.context.set_offline(True)
    write(e, "Written in a tunnel")
    e.browser.wait_for_selector(".aice-save--offline", timeout=15_000)
    assert "kept in this browser" in e.saving()
    kept = e.browser.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('ai-cms-edit')).map(([, text]) => text).join()"
    )
    assert "Written in a tunnel" in kept
    e.browser.context.set_offline(False)
    e.saved()
    assert texts(e)[0] == "Written in a tunnel"
    # A tab that is gone with text in it: the next one that opens the page has it.
    e.browser.route("**/draft/", lambda route: route.abort())
    write(e, "Before the crash")
    e.browser.wait_for_timeout(600)
    e.browser.close(run_before_unload=False)
    e.browser = e.watched.page = e.watched.page.context.new_page()
    e.open()
    e.browser.get_by_text("Text that had not been saved is back.").first.wait_for()
    e.saved()
    assert texts(e)[0] == "Before the crash"
    # A server that dies while it saves, and a full store: the smaller one takes the copy.
    e.browser.route("**/draft/", lambda route: route.fulfill(status=503, body=""))
    e.browser.evaluate(
        "void (Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); })"
    )
    write(e, "No room")
    e.browser.wait_for_selector(".aice-save--offline", timeout=15_000)
    e.browser.wait_for_timeout(500)
    assert "cannot keep" not in e.saving()
    e.browser.on("dialog", lambda dialog: dialog.accept())
    e.browser.unroute("**/draft/")
    e.browser.reload()
    e.browser.wait_for_selector("[role=treeitem]")
    e.saved()
    assert texts(e)[0] == "No room"
    assert offline(e.problems) == []


def test_a_session_that_ended_is_renewed_without_leaving(edit: Edit) -> None:
    e = edit(PAGE)
    Session.objects.all().delete()
    write(e, "After the session")
    e.browser.get_by_role("dialog", name="You have been logged out").wait_for(timeout=15_000)
    assert texts(e)[0] == "One"
    session = SessionStore()
    session[SESSION_KEY] = str(e.user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = e.user.get_session_auth_hash()
    session.save()
    e.browser.context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": e.base}])
    window = e.browser.context.new_page()
    window.goto(f"{e.base}/studio/edit/logged-in/")
    e.browser.wait_for_function("!document.querySelector('dialog[open]')")
    e.saved()
    assert texts(e)[0] == "After the session"
    assert offline(e.problems) == []


def test_a_page_that_is_binned_meanwhile(edit: Edit) -> None:
    e = edit(PAGE)
    services.delete_page(type(e.page).objects.get(pk=e.page.pk), actor=Actor.system("test"))
    write(e, "For a page in the bin")
    e.browser.get_by_role("dialog", name="This page is in the bin").wait_for(timeout=15_000)
    assert "For a page in the bin" in e.browser.get_by_label("Your text").input_value()
    kept = Revision.objects.filter(page_id=e.page.pk).order_by("-number").first()
    assert kept is not None
    assert kept.content_json.to_json()[0]["props"]["text"] == "For a page in the bin"
    e.browser.get_by_role("button", name="Restore the page and save").click()
    e.saved()
    assert texts(e)[0] == "For a page in the bin"
    # Nobody is at a page in the bin: who asks there meanwhile is told that there is none.
    assert [text for text in offline(e.problems) if "/presence/" not in text] == []


def test_two_people_and_two_tabs(edit: Edit) -> None:
    # 20: different blocks are brought together and said.
    e = edit(PAGE)
    theirs(e, "text", "Theirs")
    write(e, "Mine")
    e.browser.get_by_text("changed this page too. Both changes are in it now.").first.wait_for(timeout=15_000)
    e.saved()
    assert texts(e) == ["Mine", "Theirs"]
    assert "Theirs" in e.frame.locator("body").inner_text()
    # The same block: asked; Escape does not slip out; theirs, then mine.
    for choice, wanted in (("All by otherhead", "Theirs 1"), ("Save this choice", "Mine 2")):
        other = make_user("otherhead", is_staff=True, is_superuser=True) if wanted == "Theirs 1" else None
        actor = Actor.of(other or type(e.user).objects.get(username="otherhead"))
        number = wanted[-1]
        theirs(e, "head", f"Theirs {number}", actor=actor)
        write(e, f"Mine {number}")
        dialog = e.browser.get_by_role("dialog", name="otherhead changed the same block")
        dialog.wait_for(timeout=15_000)
        e.press("Escape")
        assert dialog.count() == 1
        assert f"Theirs {number}" in dialog.inner_text()
        dialog.get_by_role("button", name=choice).click()
        e.saved()
        assert texts(e)[0] == wanted
    assert e.field("text").input_value() == "Mine 2"
    # Two tabs of one person: each has a copy of its own, and both texts arrive.
    second = Editing(e.watched, e.page, e.user)
    second.browser = e.browser.context.new_page()
    second.browser.goto(e.browser.url)
    second.browser.wait_for_selector("[role=treeitem]")
    write(second, "From the second tab", "text")
    write(e, "From the first tab", "head")
    second.saved()
    e.saved()
    second.saved()
    assert texts(e) == ["From the first tab", "From the second tab"]
    assert offline(e.problems) == []


def test_asleep_for_a_night(edit: Edit) -> None:
    e = edit(PAGE)
    e.browser.clock.install()
    e.browser.clock.pause_at(e.browser.evaluate("Date.now() + 1000"))
    write(e, "Typed, and the lid was closed")
    theirs(e, "text", "Changed in the night")
    e.browser.clock.fast_forward(9 * 3600 * 1000)
    e.browser.clock.resume()
    e.saved()
    assert texts(e) == ["Typed, and the lid was closed", "Changed in the night"]
    # The clock itself is a script, which the frame does not run.
    assert [text for text in offline(e.problems) if "allow-scripts" not in text] == []
