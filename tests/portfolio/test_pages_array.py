"""A portfolio's document as an array of pages, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.slugs import make_slug
from ai_cms.portfolio.arrays import MOST_PAGES, array_problems, blocks_of_pages, pages_array, pages_of

TEXTS = st.text(max_size=20)
BLOCKS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["hero", "rich_text"]), "props": st.just({})}), max_size=3
)
PAGES = st.lists(
    st.fixed_dictionaries({"title": TEXTS, "blocks": BLOCKS}, optional={"description": TEXTS, "id": st.just("")}),
    max_size=6,
)


@given(pages=PAGES)
def test_what_is_written_is_read(pages: list[dict[str, Any]]) -> None:
    read = pages_of(blocks_of_pages(pages))
    assert [(page.title, page.blocks, page.description) for page in read] == [
        (page["title"], page["blocks"], page.get("description", "")) for page in pages
    ]
    slugs = [page.slug for page in read]
    assert len(set(slugs)) == len(slugs) and all(make_slug(slug) == slug for slug in slugs)
    # What was read is written as it was.
    written = pages_array(read)
    assert pages_array(pages_of(blocks_of_pages(written))) == [{**page, "id": ""} for page in written]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["title", "slug", "blocks", "id", "x"]), inner)
    ),
    max_leaves=15,
)


@given(raw=JSON)
def test_anything_else_is_refused_by_name_and_never_breaks(raw: Any) -> None:
    try:
        found = blocks_of_pages(raw)
    except InvalidInput as error:
        assert list(error.errors or {}) == ["pages"]
    else:
        assert all(block["type"] == "portfolio_page" for block in found)


def test_there_are_only_so_many_pages() -> None:
    with pytest.raises(InvalidInput):
        blocks_of_pages([{"title": "x"}] * (MOST_PAGES + 1))


@pytest.mark.parametrize(
    ("loc", "shown"),
    [
        (["0", "children", "1", "props", "text"], ["0", "blocks", "1", "props", "text"]),
        (["0", "children", "1", "children", "0", "id"], ["0", "blocks", "1", "children", "0", "id"]),
        (["2", "props", "title"], ["2", "title"]),
        (["2", "id"], ["2", "id"]),
        ([], []),
    ],
)
def test_places_are_told_in_the_words_of_the_array(loc: list[str], shown: list[str]) -> None:
    assert array_problems([{"loc": loc, "type": "t", "msg": "m"}]) == [{"loc": shown, "type": "t", "msg": "m"}]
