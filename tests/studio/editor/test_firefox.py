"""The way through the editor in Firefox ESR: written on the page, arranged, undone, saved, published, under the strict policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from tests.conftest import make_user

from .driving import BOX, block

pytest.importorskip("websockets", reason="websockets is not installed (group live)")
from .firefox import Firefox, firefox_path

pytestmark = pytest.mark.browser

PAGE = [
    block("head", "heading", text="How it rises", level=2),
    block("text", "rich_text", html="<p>Flour and water.</p>"),
    block("tail", "quote", text="<p>Bread is patience.</p>"),
]
SAVED = "document.querySelector('.aice-save--saved')"


@pytest.fixture
def firefox(tmp_path: Path, settings: Any, live_server: Any, transactional_db: None) -> Iterator[Firefox]:
    path = firefox_path()
    if path is None:
        pytest.skip("there is no Firefox on this machine")
    settings.MIDDLEWARE = ["tests.pages.browser.conftest.StrictPolicy", *settings.MIDDLEWARE]
    browser = Firefox(path, tmp_path / "profile")
    yield browser
    browser.close()


def middle(browser: Firefox, id: str, x: float = 0.5) -> tuple[float, float]:
    """Return a point of a block in the window."""
    box = browser.ask(f'({BOX})("{id}")')
    return box["x"] + box["width"] * x, box["y"] + box["height"] / 2


def of(browser: Firefox, selector: str) -> tuple[float, float]:
    """Return the middle of an element of the editor, once it is there."""
    browser.until(f"document.querySelector({selector!r})")
    box = browser.ask(
        f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
        f"(document.querySelector({selector!r}).getBoundingClientRect())"
    )
    return box[0], box[1]


def stored(page: Any) -> list[Any]:
    return [(item["type"], item["props"]) for item in get_page_model().objects.get(pk=page.pk).content_json.to_json()]


def test_the_way_through_the_editor(firefox: Firefox, home: Any, live_server: Any) -> None:
    user = make_user("fox", is_staff=True, is_superuser=True)
    page = services.create_page(actor=Actor.of(user), parent=home, title="Bread", content=PAGE)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    firefox.size(1440, 900)
    firefox.log_in(live_server.url, session.session_key)
    firefox.visit(live_server.url + reverse("ai_cms_studio:edit", args=[page.pk]))
    firefox.until("document.querySelectorAll('[role=treeitem]').length === 3")
    firefox.until("document.querySelector('iframe').contentDocument.querySelector('h2')")
    # On the page: a heading, and Enter goes on in a text below it.
    # Behind its last letter: headless, Firefox has no End.
    firefox.click(*middle(firefox, "head", 0.9))
    firefox.until("document.querySelector('.aice-frame--typing')")
    firefox.type(" slowly")
    firefox.press("Enter")
    firefox.until("document.querySelector('iframe').contentDocument.querySelector('.ProseMirror')")
    firefox.type("Time is ")
    firefox.press("Control", "b")
    firefox.type("all")
    firefox.press("Escape")
    firefox.until(SAVED)
    assert stored(page)[:2] == [
        ("heading", {"text": "How it rises slowly", "level": 2}),
        ("rich_text", {"html": "<p>Time is <strong>all</strong></p>"}),
    ]
    # By keys in the list: a block is added, moved, and all of it undone.
    firefox.click(*of(firefox, "#aice-row-tail"))
    firefox.press("/")
    firefox.until("document.querySelector('dialog[open] input') === document.activeElement")
    firefox.type("divid")
    firefox.press("Enter")
    firefox.until("document.activeElement.dataset.id && document.querySelectorAll('[role=treeitem]').length === 5")
    firefox.until(SAVED)
    assert [type for type, _props in stored(page)][-1] == "divider"
    firefox.press("Control", "z")
    firefox.until("document.querySelectorAll('[role=treeitem]').length === 4")
    # By mouse: the last block above the first.
    target = of(firefox, "#aice-row-head")
    firefox.drag(of(firefox, "#aice-row-tail"), (target[0], target[1] - 10))
    firefox.until("document.querySelector('[role=treeitem]').dataset.id === 'tail'")
    # In the form.
    firefox.click(*of(firefox, "#aice-row-head"))
    firefox.click(*of(firefox, ".aice-panel--form [data-name=text] input"))
    firefox.type("!")
    firefox.until(f"{SAVED} && aiCmsEditor.document[1].props.text.endsWith('!')")
    shown = "document.querySelector('iframe').contentDocument.querySelector('h2').textContent.trim()"
    firefox.until(f"{shown} === 'How it rises slowly!'")
    firefox.click(*of(firefox, ".aice-publish > button"))
    firefox.until(
        "document.querySelector('.aice-publish > button').disabled && document.querySelector('.aice-status--live')"
    )
    assert [type for type, _props in stored(page)] == ["quote", "heading", "rich_text", "rich_text"]
    page.refresh_from_db()
    assert page.live
    assert firefox.problems == []
