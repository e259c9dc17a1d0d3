"""Excerpts, names of tags, and bodies as HTML: what holds for any text."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.blocks.convert import html_to_blocks
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.core.exceptions import InvalidInput
from ai_cms.posts.body import body_html, body_to_blocks
from ai_cms.posts.excerpts import cut_words
from ai_cms.posts.names import clean_names, tag_key


def test_an_excerpt_is_forty_words_and_three_dots() -> None:
    words = [f"word{number}" for number in range(41)]
    assert cut_words(" ".join(words[:40])) == " ".join(words[:40])
    assert cut_words("\n ".join(words)) == " ".join(words[:40]) + "..."


@given(st.text(max_size=400), st.integers(1, 50))
def test_an_excerpt_ends_where_a_word_does(text: str, words: int) -> None:
    line = " ".join(text.split())
    found = cut_words(text, words)
    assert found == line or (found.endswith("...") and line.startswith(found[:-3]))
    if text.isascii() and found != line:
        assert line[len(found) - 3] == " "
        assert len(found[:-3].split()) == words


def test_a_text_without_spaces_is_cut_too() -> None:
    assert cut_words("天气很好。" * 50, 4) == "天气很好。天气很好。..."


@given(st.text(max_size=50))
def test_spellings_of_a_tag_have_one_key(name: str) -> None:
    key = tag_key(name)
    for other in (name.upper().lower(), f"  {name} ", unicodedata.normalize("NFD", name), key):
        if other.casefold() == name.casefold() or other in (key, f"  {name} "):
            assert tag_key(other) == key


def test_tags_are_unique_by_their_folded_form() -> None:
    assert clean_names(["Straße", "STRASSE", "ﬁne", "fine", "  web  dev ", "Web Dev", "#web dev", ""]) == [
        "Straße",
        "ﬁne",
        "web dev",
    ]
    for bad in (["x" * 61], [str(number) for number in range(51)]):
        with pytest.raises(InvalidInput):
            clean_names(bad)


def stored(html: str) -> list[dict[str, Any]]:
    document = prepare_document(html_to_blocks(html), previous=None)
    return list(document.to_json())


OLD = "<p>One</p><h2>Two</h2><p>Three &amp; more</p><ul><li>a</li></ul><p>End</p>"


def test_the_same_body_keeps_every_block() -> None:
    blocks = stored(OLD)
    assert body_to_blocks(body_html(blocks), blocks) == blocks
    assert body_to_blocks(OLD, blocks) == blocks


def test_a_changed_paragraph_keeps_its_id_and_the_others_stay() -> None:
    blocks = stored(OLD)
    new = body_to_blocks(OLD.replace("Three", "Four"), blocks)
    assert [block["id"] for block in new] == [block["id"] for block in blocks]
    assert [block == old for block, old in zip(new, blocks, strict=True)] == [True, True, False, True, True]
    shorter = body_to_blocks("<p>One</p><p>End</p>", blocks)
    assert "".join(body_html([block]) for block in shorter) == "<p>One</p><p>End</p>" or len(shorter) == 1


def test_blocks_that_html_cannot_say_stay() -> None:
    document = prepare_document(
        [
            {"type": "rich_text", "props": {"html": "<p>One</p>"}},
            {"type": "page_list", "props": {"under": "/blog/", "limit": 3}},
            {"type": "image", "props": {"src": "asset:7", "alt": "A fern"}},
        ],
        previous=None,
    )
    blocks = list(document.to_json())
    html = body_html(blocks)
    assert 'src="/assets/7/"' in html
    changed = body_to_blocks(html.replace("One", "Two"), blocks)
    assert [block["type"] for block in changed] == ["rich_text", "page_list", "image"]
    assert changed[1:] == blocks[1:]


def test_addresses_of_assets_become_references_again() -> None:
    [block] = body_to_blocks('<p><img src="/assets/12/" alt="x"></p>')
    assert block["props"]["src"] == "asset:12"
    [other] = body_to_blocks('<p><img src="https://example.com/assets/12/" alt="x"></p>')
    assert other["props"]["src"] == "https://example.com/assets/12/"


PIECES = st.lists(st.sampled_from(["<p>a</p>", "<p>b</p>", "<h2>c</h2>", "<ul><li>d</li></ul>", "<hr>"]), max_size=8)


@given(PIECES, PIECES)
def test_a_written_body_is_read_as_it_was_written(before: list[str], after: list[str]) -> None:
    blocks = stored("".join(before))
    written = body_to_blocks("".join(after), blocks)
    assert body_html(written) == body_html(html_to_blocks("".join(after)))
    ids = [block["id"] for block in written if "id" in block]
    assert len(ids) == len(set(ids))


def test_a_body_of_many_equal_paragraphs_is_compared_in_no_time() -> None:
    blocks = stored("".join(f"<h2>{number % 3}</h2>" for number in range(1_500)))
    assert len(body_to_blocks("".join(f"<h2>{number % 2}</h2>" for number in range(1_500)), blocks)) == 1_500


@pytest.mark.parametrize("html", ["<script>alert(1)</script><p onclick=x>ok</p>", "<p>ok</p><iframe src=x></iframe>"])
def test_scripts_do_not_pass(html: str) -> None:
    assert body_html(body_to_blocks(html)) == "<p>ok</p>"
