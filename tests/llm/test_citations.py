"""Citations of an answer: known ones numbered in order, unknown ones gone, the same wherever a stream is cut."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.llm.citations import CitationFilter, check_citations
from ai_cms.llm.retrieval import Source, Sources

SOURCES = [Source(key=f"k{number}", title=f"Page {number}", url=f"/{number}/", text="Words.") for number in (1, 2, 3)]


def checked(text: str) -> tuple[str, list[str]]:
    found = check_citations(text, SOURCES)
    return found.text, [source.key for source in found.sources]


@pytest.mark.parametrize(
    ("answer", "expected", "cited"),
    [
        ("Rye rises slowly [3]. Wheat does not [1].", "Rye rises slowly [1]. Wheat does not [2].", ["k3", "k1"]),
        ("Twice [2] and again [2].", "Twice [1] and again [1].", ["k2"]),
        ("Both [1, 3] or [3;1].", "Both [1][2] or [2][1].", ["k1", "k3"]),
        ("Unknown [9]. Partly [9, 2].", "Unknown. Partly [1].", ["k2"]),
        ("Between [7] words and [0] at the end [8]", "Between words and at the end", []),
        ("【2†source】 and 【9†source】.", "[1] and.", ["k2"]),
        ("In [2026], [x] and [1-2] nothing is cited.", "In [2026], [x] and [1-2] nothing is cited.", []),
        ("[[2]]", "[[1]]", ["k2"]),
        ("An end [1", "An end [1", []),
        ("`a[0]` is code, [9] is not; ``b`[7]`` is.", "`a[0]` is code, is not; ``b`[7]`` is.", []),
        ("```\nrows[9]\n\nrows[2]\n```\nText [2].", "```\nrows[9]\n\nrows[2]\n```\nText [1].", ["k2"]),
        ("A lone ` and [9]\n\nthen [9] text.", "A lone ` and [9]\n\nthen text.", []),
        ("", "", []),
    ],
)
def test_markers(answer: str, expected: str, cited: list[str]) -> None:
    assert checked(answer) == (expected, cited)


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "[1]",
                "[2]",
                "[9]",
                "[1, 9]",
                "[",
                "]",
                "`",
                "``",
                "```",
                "\n",
                "\n\n",
                " ",
                ".",
                "【3†a】",
                "【",
                "】",
                "12",
                ",",
                "[12",
            ]
        ),
        st.text("ab ", max_size=4),
    ),
    max_size=20,
).map("".join)


@given(PIECES, st.data())
def test_a_stream_is_the_same_wherever_it_is_cut(answer: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=6)))
    edges = [0, *cuts, len(answer)]
    citations = CitationFilter(SOURCES)
    shown = "".join(citations.feed(answer[start:end]) for start, end in pairwise(edges))
    shown += citations.close()
    whole = check_citations(answer, SOURCES)
    assert shown == whole.text
    assert list(citations.cited) == list(whole.sources)


@given(PIECES.filter(lambda text: "`" not in text))
def test_no_number_is_left_that_has_no_source(answer: str) -> None:
    found = check_citations(answer, SOURCES)
    numbers = [int(number) for number in re.findall(r"\[(\d{1,3})\]", found.text)]
    assert set(numbers) <= set(range(1, len(found.sources) + 1))
    # In the order in which they are met first.
    assert list(dict.fromkeys(numbers)) == list(range(1, len(set(numbers)) + 1))


@given(st.text("ab [](){}`.,\n", max_size=40).filter(lambda text: not re.search(r"\d", text)))
def test_a_text_without_markers_stays_as_it_is(answer: str) -> None:
    assert check_citations(answer, SOURCES).text == answer


def test_a_tool_may_find_more_while_the_answer_is_written() -> None:
    sources = Sources(SOURCES[:1])
    citations = CitationFilter(sources)
    shown = citations.feed("One [1], two [2]. ")
    sources.add(SOURCES[1])
    shown += citations.feed("Two [2].") + citations.close()
    assert shown == "One [1], two. Two [2]."
    assert [source.key for source in citations.cited] == ["k1", "k2"]


def test_the_same_passage_keeps_its_number() -> None:
    sources = Sources(SOURCES)
    assert sources.add(SOURCES[1]) == 2
    assert len(sources) == 3
    assert sources.prompt().startswith("[1] Page 1\nWords.\n\n[2] Page 2")
    assert sources.to_json()[2] == {
        "number": 3, "key": "k3", "title": "Page 3", "url": "/3/", "text": "Words.", "page": None, "version": None,
        "anchor": "", "heading": [], "locale": "", "retriever": "",
    }  # fmt: skip
