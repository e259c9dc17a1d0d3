"""Documents cut into passages: by blocks, under their headings, no word lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ai_cms.blocks.documents.document import Document
from ai_cms.retrieval.passages import Passage, cut_document
from ai_cms.retrieval.sentences import split_text


def block(kind: str, id: str, children: list[Any] | None = None, **props: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"id": id, "type": kind, "props": props}
    return made if children is None else {**made, "children": children}


def heading(text: str, level: int = 2, **props: Any) -> dict[str, Any]:
    return block("heading", f"h-{text.lower()}", text=text, level=level, **props)


def text(words: str, id: str = "t") -> dict[str, Any]:
    return block("rich_text", id, html=f"<p>{words}</p>")


def cut(*blocks: dict[str, Any], most: int = 1_200) -> list[Passage]:
    return cut_document(Document(list(blocks)), most=most)


def test_short_blocks_are_joined_under_their_heading() -> None:
    found = cut(
        heading("Rye"),
        text("Mix it.", "a"),
        block("list", "b", items=["Flour", "Water"]),
        heading("Wheat"),
        text("Bake it.", "c"),
    )
    assert [(row.block, row.heading, row.text) for row in found] == [
        ("a", ("Rye",), "Rye\nMix it.\nFlour\nWater"),
        ("c", ("Wheat",), "Wheat\nBake it."),
    ]


def test_headings_are_a_path_and_a_deeper_one_ends_with_the_next_of_its_level() -> None:
    found = cut(
        heading("Bread"),
        heading("Rye", 3),
        text("a", "a"),
        heading("Wheat", 3),
        text("b", "b"),
        heading("Cake"),
        text("c", "c"),
    )
    assert [row.heading for row in found] == [("Bread",), ("Bread", "Rye"), ("Bread", "Wheat"), ("Cake",)]


def test_what_stands_behind_a_section_is_not_under_its_title() -> None:
    inside = [text("Inside.", "a"), heading("Deep", 3), text("Deeper.", "b")]
    found = cut(block("section", "s", inside, title="Section", text="", items=[], anchor="more"), text("Behind.", "c"))
    assert [(row.text, row.heading, row.anchor) for row in found] == [
        ("Section\nInside.", ("Section",), "more"),
        ("Deep\nDeeper.", ("Section", "Deep"), "more"),
        ("Behind.", (), ""),
    ]


def test_a_heading_of_the_same_level_inside_a_section_stays_under_it() -> None:
    found = cut(block("section", "s", [heading("Own"), text("x", "a")], title="Section", text="", items=[]))
    assert found[-1].heading == ("Section", "Own")


def test_the_anchor_is_the_nearest_element_with_an_id() -> None:
    found = cut(heading("Rye", anchor="rye"), text("a", "a"), heading("Rising", 3), text("b", "b"))
    assert [row.anchor for row in found] == ["rye", "rye"]


def test_an_anchor_of_a_host_that_is_too_long_is_left_out() -> None:
    assert cut(heading("Rye", anchor="x" * 101), text("a", "a"))[0].anchor == ""


def test_a_long_block_is_split_between_sentences_and_stays_alone() -> None:
    long = " ".join(f"Sentence number {number} is about rye." for number in range(12))
    found = cut(text("Short.", "a"), text(long, "b"), text("Also short.", "c"), most=200)
    assert [row.block for row in found] == ["a", *["b"] * (len(found) - 2), "c"]
    assert len(found) > 3
    assert all(row.text.endswith("rye.") and len(row.text) <= 200 for row in found[1:-1])


def test_a_heading_stays_with_the_first_part_of_what_is_below_it() -> None:
    found = cut(heading("Rye"), text("One is here. " * 30, "a"), most=200)
    assert found[0].text.startswith("Rye\nOne is here.")
    assert {row.heading for row in found} == {("Rye",)}


def test_unknown_and_broken_blocks_are_left_out() -> None:
    raw: list[Any] = ["x", {"type": "nothing", "id": "n", "props": {}}, {"type": "heading"}, text("Here.", "a")]
    assert [row.text for row in cut_document(Document(raw), most=500)] == ["Here."]
    assert cut_document(Document("no list"), most=500) == []


WORDS = st.text(st.sampled_from("abz é.!?。 \nパ„“,-"), max_size=120)
BLOCKS = st.lists(
    st.one_of(
        st.builds(
            lambda words, level: block("heading", "h", text=words.replace("\n", " "), level=level),
            WORDS,
            st.integers(1, 6),
        ),
        st.builds(lambda words: block("code", "c", code=words), WORDS),
        st.builds(
            lambda words, title: block(
                "section", "s", [block("code", "d", code=words)], title=title.replace("\n", " "), text="", items=[]
            ),
            WORDS,
            WORDS,
        ),
        st.builds(
            lambda words: block(
                "accordion", "a", [block("accordion_item", "i", [block("code", "e", code=words)], title="Q")]
            ),
            WORDS,
        ),
    ),
    max_size=8,
)


@given(BLOCKS, st.integers(20, 300))
def test_no_word_is_lost_doubled_or_moved(blocks: list[Any], most: int) -> None:
    document = Document(blocks)
    found = cut_document(document, most=most)
    said = document.text()
    assert "".join("".join(row.text.split()) for row in found) == "".join(said.split())
    if "。" not in said:
        assert [word for row in found for word in row.text.split()] == said.split()
    assert found == cut_document(Document(blocks), most=most)
    assert all(row.text.strip() for row in found)


@given(WORDS, st.integers(1, 60))
def test_parts_are_short_and_cut_no_word(words: str, most: int) -> None:
    parts = split_text(words, most)
    assert "".join("".join(part.split()) for part in parts) == "".join(words.split())
    for part in parts:
        assert part == words or len(part) <= most or len(part.split()) == 1
    # Scripts with spaces are cut at spaces alone.
    if "。" not in words:
        assert [word for part in parts for word in part.split()] == words.split()


def test_text_of_no_spaces_is_cut_at_its_own_signs() -> None:
    assert split_text("パンを焼く。水を足す。待つ。", 8) == ["パンを焼く。", "水を足す。待つ。"]
