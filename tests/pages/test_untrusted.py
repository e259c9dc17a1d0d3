"""What a model writes loads nothing from elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from ai_cms.blocks import Block, ImageRef, Url, blocks
from ai_cms.blocks.documents.document import Document
from ai_cms.pages.untrusted import remote_sources, without_remote_sources

REMOTE = [
    '<p>a<img src="https://evil.example/?q=1"></p>',
    "<p>a<img src='//evil.example/x.png'></p>",
    "<p>a<IMG SRC=https://evil.example/x></p>",
    '<p>a<img\n  alt="x>y" src="https://evil.example/"></p>',
    '<p>a<img src="/ok.png" src="https://evil.example/"><img src="https://evil.example/2"></p>',
    '<p>a<img src="https:\\\\evil.example"></p>',
    '<p>a<img src=" https://evil.example"></p>',
    '<p>a<img srcset="https://evil.example 2x"></p>',
]


@pytest.mark.parametrize("html", REMOTE)
def test_remote_pictures_go(html: str) -> None:
    assert "evil.example" not in without_remote_sources(html)
    assert "a" in without_remote_sources(html)


def test_what_is_ones_own_stays() -> None:
    html = '<p><img alt="x" src="/media/a.png" loading="lazy"> <a href="https://example.com/">x</a></p>'
    assert 'src="/media/a.png"' in without_remote_sources(html)
    assert "https://example.com/" in without_remote_sources(html)
    code = {"type": "code", "props": {"code": '<img src="https://example.com/a.png">'}}
    assert without_remote_sources(code) == code
    assert without_remote_sources(["plain", 5, None]) == ["plain", 5, None]


def test_what_the_page_loads_already_stays() -> None:
    block: dict[str, Any] = {
        "id": "i1",
        "type": "image",
        "props": {"src": "https://cdn.example/a.png?x=1&y=2", "alt": "", "caption": "c"},
    }
    text = {
        "id": "t1",
        "type": "rich_text",
        "props": {"html": '<p><img src="https://cdn.example/b.png?x=1&amp;y=2"></p>'},
    }
    known = remote_sources(Document([block, text]))
    assert known == {"https://cdn.example/a.png?x=1&y=2", "https://cdn.example/b.png?x=1&y=2"}
    assert without_remote_sources(block, known) == block
    assert "src" not in without_remote_sources(block)["props"]
    assert "b.png" in without_remote_sources(text, known)["props"]["html"]
    assert "b.png" not in without_remote_sources(text)["props"]["html"]


def test_pictures_go_under_whatever_name_a_block_gives_them() -> None:
    class Postcard(Block):
        front: ImageRef = ""
        stamps: list[ImageRef] = []
        link: Url = ""

    remote = "https://evil.example/?q=secret"
    card = {"type": "card", "props": {"title": "a", "image_url": remote, "link_url": "https://example.com/"}}
    assert without_remote_sources(card)["props"] == {"title": "a", "link_url": "https://example.com/"}
    # An operation does not name the type of its block.
    update = {"op": "update", "id": "c1", "props": {"image_url": remote, "title": "b"}}
    assert without_remote_sources([update])[0]["props"] == {"title": "b"}
    assert remote_sources(Document([{"id": "c1", **card}])) == {remote}
    assert without_remote_sources(card, frozenset({remote})) == card
    own = {"type": "postcard", "props": {"front": remote, "stamps": [remote, "/a.png"], "link": remote}}
    with blocks.temporarily("postcard", Postcard):
        assert without_remote_sources(own)["props"] == {"stamps": ["/a.png"], "link": remote}
    assert without_remote_sources(own)["props"]["front"] == remote, "a field of no block that is registered"
