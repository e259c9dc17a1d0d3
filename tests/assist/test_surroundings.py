"""Drafts know the site around them, and lead to addresses that are there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.assist.services import generate_text
from ai_cms.assist.surroundings import MOST_PAGES, Addresses, around, public_pages
from ai_cms.core.permissions import Actor
from ai_cms.pages import services

pytestmark = pytest.mark.django_db(transaction=True)
Model = Callable[..., Any]
Pages = Callable[..., Any]


def text(html: str) -> dict[str, Any]:
    return {"type": "rich_text", "props": {"html": html}}


def draft(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"title": "Bread", "seo_description": "", "blocks": list(blocks)}


def data_of(backend: Any) -> dict[str, Any]:
    content = backend.requests[-1].messages[-1].text
    found: dict[str, Any] = json.loads(content.removeprefix("<data>").removesuffix("</data>"))
    return found


@pytest.fixture
def about(page_factory: Pages, root: Any, actor: Actor) -> Any:
    about = page_factory("About us", parent=root)
    services.publish_page(about, actor=actor)
    return about


def test_a_draft_is_told_of_its_site(model: Model, page_factory: Pages, root: Any, about: Any, actor: Actor) -> None:
    backend = model(draft(text("<p>Slow.</p>")), draft(text("<p>Slow.</p>")))
    page_factory("Secret plans", parent=root)
    bread = page_factory("Bread", parent=root)
    generate_text("page_draft", {"brief": "Bread."}, actor=actor, page=bread)
    told = data_of(backend)
    assert told["site"]
    assert told["above"] == [root.title]
    assert told["beside"] == ["About us", "Secret plans"]
    # What is not published has no address that a reader could follow.
    assert {"title": "About us", "address": about.get_absolute_url()} in told["pages"]
    assert "Secret plans" not in json.dumps(told["pages"])
    system = backend.requests[0].messages[0].text
    assert "- heading: A heading of the page's outline." in system
    assert "An example of an answer, of another subject:" in system
    assert "About us" not in system
    generate_text("page_draft", {"brief": "Rolls."}, actor=actor, parent=about)
    told = data_of(backend)
    assert told["above"] == [root.title, "About us"]
    assert "beside" not in told


def test_nobody_is_told_of_pages_that_they_do_not_see(page_factory: Pages, root: Any) -> None:
    secret = page_factory("Secret plans", parent=root)
    page = page_factory("Bread", parent=root)
    assert secret.title not in json.dumps(around(page, Actor.of(None), new=False))


def test_the_nearest_pages_are_told_where_there_are_many(
    page_factory: Pages, root: Any, about: Any, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_cms.assist.surroundings.MOST_PAGES", 2)
    far = [page_factory(f"A{number}", parent=root) for number in range(3)]
    near = [page_factory(f"Z{number}", parent=about) for number in range(2)]
    page = page_factory("New", parent=about)
    for each in (*far, *near):
        services.publish_page(each, actor=actor)
    assert [row["title"] for row in public_pages(page)] == ["About us", "Z0"]
    assert MOST_PAGES > 2


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("/about/", True),
        ("/about", True),
        ("#part", True),
        ("", True),
        ("mailto:ada@example.org", True),
        ("https://example.org/a", True),
        ("/made-up/", False),
        ("https://evil.example/", False),
        ("mailto:eve@example.org", False),
        ("//evil.example/about/", False),
    ],
)
def test_addresses_are_those_that_were_given(address: str, known: bool) -> None:
    given = Addresses({"pages": [{"address": "/about/"}], "brief": "Ask ada@example.org, see https://example.org/a."})
    assert given.knows(address) is known


def test_a_link_that_nobody_gave_keeps_its_words(model: Model, page_factory: Pages, about: Any, actor: Actor) -> None:
    real = about.get_absolute_url()
    html = f'<p>See <a href="{real}">about <em>us</em></a> and <a href="/made-up/" title="x">our shop</a>.</p>'
    button = {"type": "button", "props": {"label": "Order", "url": "/order-now/", "style": "primary"}}
    card = {"type": "card", "props": {"title": "Shop", "text": "<p>Buy.</p>", "link_url": "/shop/", "link_label": "Go"}}
    model(draft(text(html), button, card))
    page = page_factory("Bread")
    outcome = generate_text("page_draft", {"brief": "Bread."}, actor=actor, page=page)
    made = [operation["block"] for operation in outcome.result.operations]
    assert [block["type"] for block in made] == ["rich_text", "card"]
    assert f'<a href="{real}">about <em>us</em></a> and our shop.' in made[0]["props"]["html"]
    assert not made[1]["props"].get("link_url")
    told = " ".join(outcome.result.output["left_out"])
    assert "/made-up/" in told
    assert "/order-now/" in told


def test_blocks_are_shown_without_invented_links_while_they_come(
    model: Model, page_factory: Pages, actor: Actor
) -> None:
    model(draft(text('<p>See <a href="/made-up/">this</a>.</p>'), text("<p>Two.</p>")))
    shown: list[Any] = []
    page = page_factory("Bread")
    outcome = generate_text("page_draft", {"brief": "Bread."}, actor=actor, page=page, on_operation=shown.append)
    assert "made-up" not in json.dumps(shown)
    assert shown == outcome.result.operations
