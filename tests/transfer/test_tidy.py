"""Blocks made fit to publish, ids kept over updates, links rewritten, imports divided."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.html.richtext import strip_tags_text
from ai_cms.transfer.base import ImportItem, Notices, Spool
from ai_cms.transfer.plan import CHUNK, Chunks, Plan, Planned
from ai_cms.transfer.tidy import fit_blocks, keep_ids, plain_text, rewrite_links, split_html

WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
JSON = st.recursive(
    st.one_of(WORDS, st.integers(-9, 9), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)
TYPES = st.sampled_from(
    "heading rich_text image gallery quote list code table button card cards columns column section hero accordion "
    "accordion_item embed video divider raw_html page_list call_to_action nowhere".split()
)
BLOCKS = st.recursive(
    st.builds(lambda kind, props: {"type": kind, "props": props}, TYPES, st.dictionaries(WORDS, JSON, max_size=3)),
    lambda inner: st.builds(
        lambda kind, props, children: {"type": kind, "props": props, "children": children},
        TYPES,
        st.dictionaries(st.sampled_from(["title", "text", "html", "src", "items", "level"]), JSON, max_size=3),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


def words_of(value: Any) -> set[str]:
    """Return the texts of props, keys apart."""
    if isinstance(value, str):
        return {value}
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*(words_of(item) for item in values))


@given(st.lists(BLOCKS, max_size=4))
def test_whatever_comes_in_can_be_published_and_no_word_is_lost(found: list[dict[str, Any]]) -> None:
    fitted = fit_blocks(found, warn=lambda message: None)
    document = prepare_document(fitted)
    assert document.validate(strict=True) == []
    kept = json.dumps(document.to_json(), ensure_ascii=False)
    for block in found:
        for walked in Document([block]).walk():
            for word in words_of(walked.block["props"]):
                assert word in kept


def test_types_the_page_does_not_take_become_text() -> None:
    said: list[str] = []
    found = [{"type": "heading", "props": {"text": "Rye"}}, {"type": "divider", "props": {}}]
    fitted = fit_blocks(found, allowed=["rich_text"], warn=said.append)
    assert fitted == [{"type": "rich_text", "props": {"html": "<p>Rye</p>"}}]
    assert len(said) == 1


def test_deep_nesting_is_laid_out_flat() -> None:
    block: dict[str, Any] = {"type": "heading", "props": {"text": "Innermost"}}
    for number in range(60):
        block = {"type": "section", "props": {"title": f"Level {number}"}, "children": [block]}
    fitted = fit_blocks([block], warn=lambda message: None)
    text = prepare_document(fitted).text()
    assert "Innermost" in text
    assert all(f"Level {number}" in text for number in range(60))


@given(st.lists(WORDS, min_size=1, max_size=60), st.integers(20, 400))
def test_long_html_is_cut_between_words(words: list[str], size: int) -> None:
    html = "".join(f"<p>{word}</p>" for word in words) + f"<p>{' '.join(words)}</p>"
    pieces = split_html(html, size)
    joined = " ".join(strip_tags_text(piece) for piece in pieces).split()
    if max(map(len, words)) < size // 6:
        assert joined == [*words, *words]
    assert "".join(joined) == "".join(words) * 2


@given(st.lists(st.tuples(st.sampled_from("abc"), WORDS), max_size=12), st.data())
def test_ids_go_on_where_blocks_go_on(content: list[tuple[str, str]], data: st.DataObject) -> None:
    def blocks(pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
        return [{"type": kind, "props": {"text": text}} for kind, text in pairs]

    old = [{**block, "id": f"id-{index}"} for index, block in enumerate(blocks(content))]
    same = keep_ids(old, blocks(content))
    assert [block["id"] for block in same] == [block["id"] for block in old]
    changed = [*data.draw(st.permutations(content)), ("a", "new")]
    new = keep_ids(old, blocks(changed))
    ids = [block["id"] for block in new if "id" in block]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= {block["id"] for block in old}
    assert [(block["type"], block["props"]["text"]) for block in new] == changed


def test_links_are_rewritten_where_they_are_links() -> None:
    found = [
        {"type": "rich_text", "props": {"html": '<p><a href="/old/?a=1&amp;b=2">/old/</a> href="/old/"</p>'}},
        {"type": "button", "props": {"label": "/old/", "url": "/old/"}},
        {"type": "code", "props": {"code": 'href="/old/"'}},
        {"type": "section", "props": {"title": "x"}, "children": [{"type": "button", "props": {"url": "/old/"}}]},
    ]
    before = json.dumps(found)
    asked: list[str] = []

    def target(url: str) -> str | None:
        asked.append(url)
        return "/new/" if url == "/old/" else None

    changed = rewrite_links(found, target)
    assert "/old/?a=1&b=2" in asked
    assert changed[0]["props"]["html"].startswith('<p><a href="/old/?a=1&amp;b=2">')
    assert changed[1]["props"] == {"label": "/old/", "url": "/new/"}
    assert changed[2] == found[2]
    assert changed[3]["children"][0]["props"]["url"] == "/new/"
    assert json.dumps(found) == before


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Rye &amp; <b>Time</b>", "Rye & Time"),
        ("1 < 2", "1 < 2"),
        ("a\n b\x00", "a b"),
        ("<script>x</script>y", "y"),
        ("&lt;b&gt;", "<b>"),
        ("", ""),
    ],
)
def test_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == text


def _planned(key: str, *children: Planned) -> Planned:
    return Planned(ImportItem(key=key, title=key), children=list(children))


def test_large_subtrees_and_large_documents_are_divided() -> None:
    many = _planned("many", *(_planned(f"child-{number}") for number in range(CHUNK + 5)))
    few = _planned("few", _planned("one"), _planned("two"))
    heavy = _planned("heavy")
    ordered = [many, *many.children, few, *few.children, heavy]
    chunks = Chunks(Plan(ordered, {}), {"heavy": CHUNK * 3})
    assert [chunks.is_whole(planned) for planned in (many, few, heavy)] == [False, True, True]
    assert [[planned.item.key for planned in chunk] for chunk in chunks.divide([many, few, heavy])] == [
        ["many", "few"],
        ["heavy"],
    ]
    assert [len(chunk) for chunk in chunks.divide(many.children)] == [CHUNK, 5]


@given(st.lists(JSON, max_size=5))
def test_what_is_spooled_comes_back(values: list[Any]) -> None:
    spool = Spool()
    try:
        places = [spool.put(value) for value in values]
        assert [spool.get(place) for place in reversed(places)] == list(reversed(values))
    finally:
        spool.close()


def test_warnings_are_told_once_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_cms.transfer.base.MAX_NOTICES", 2)
    notices = Notices()
    for line in (9, 9, None, 3, 4):
        notices.add("Careful.", item="x", line=line)
    assert len(notices) == 4
    assert [notice["line"] for notice in notices.to_json()] == [9, None, None]
    assert notices.to_json()[-1]["message"] == "2 more warnings."
