"""Documents as values."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from ai_cms.blocks import Document, InvalidDocument
from ai_cms.blocks.documents.document import is_block_id, new_block_id, same_json

RAW: list[dict[str, Any]] = [
    {"id": "h", "type": "heading", "v": 1, "props": {"text": "Bread", "level": 2}},
    {
        "id": "s",
        "type": "section",
        "v": 1,
        "props": {"title": "Steps"},
        "children": [
            {"id": "c", "type": "rich_text", "v": 1, "props": {"html": "<p>Mix <b>it</b></p><p>Wait</p>"}},
            {"id": "u", "type": "gone", "props": {"text": "invisible"}},
        ],
    },
]


def test_walking() -> None:
    walked = [(w.block["id"], w.parent and w.parent["id"], w.index, w.depth, w.loc) for w in Document(RAW).walk()]
    assert walked == [
        ("h", None, 0, 0, ("0",)),
        ("s", None, 1, 0, ("1",)),
        ("c", "s", 0, 1, ("1", "children", "0")),
        ("u", "s", 1, 1, ("1", "children", "1")),
    ]


def test_finding() -> None:
    document = Document(RAW)
    assert document.find("c") is RAW[1]["children"][0]
    assert document.find("x") is None
    assert document.parent_of("c") is RAW[1]
    assert document.parent_of("h") is None
    assert "u" in document
    assert 5 not in document
    assert document.ids() == {"h", "s", "c", "u"}
    assert document.types() == {"heading", "section", "rich_text", "gone"}


def test_text_headings_and_outline() -> None:
    document = Document(RAW)
    assert document.text() == "Bread\nSteps\nMix it\nWait"
    assert document.headings() == [(2, "Bread", "h"), (2, "Steps", "s")]
    assert document.outline[1]["children"][1] == {
        "id": "u", "type": "gone", "label": "gone", "text": "", "known": False,
    }  # fmt: skip
    assert str(document) == "Bread Steps Mix it Wait"
    assert repr(document) == "<Document: 4 blocks>"


def test_a_long_text_is_shortened_in_the_outline() -> None:
    entry = Document([{"id": "h", "type": "heading", "props": {"text": "word " * 40}}]).outline[0]
    assert len(entry["text"]) <= 80
    assert entry["text"].endswith("…")


def test_json_in_and_out() -> None:
    text = Document(RAW).dumps()
    assert Document.loads(text) == Document(RAW)
    assert Document.loads(text.encode()).dumps() == text
    assert Document(RAW).dump_bytes() == text.encode()
    assert Document(RAW).to_json() == RAW


@pytest.mark.parametrize("text", ["", "[", "[NaN]", "[" * 10_000, b"\xff"])
def test_bad_json(text: str | bytes) -> None:
    with pytest.raises(InvalidDocument):
        Document.loads(text)


def test_what_json_cannot_hold() -> None:
    for value in ({"x": "\ud800"}, {"x": object()}):
        with pytest.raises(InvalidDocument):
            Document([{"props": value}]).dumps()


def test_equality_emptiness_and_copies() -> None:
    document = Document(RAW)
    assert document == Document(copy.deepcopy(RAW))
    assert document == RAW
    assert document != Document.empty()
    assert document != 5
    assert not Document.empty()
    assert Document.empty() == Document(None) == []
    assert Document("[]") != Document.empty()
    assert len(document) == 4
    assert copy.deepcopy(document) is document
    assert pickle.loads(pickle.dumps(document)) == document  # noqa: S301
    assert Document(document).raw is RAW
    with pytest.raises(TypeError):
        hash(document)


@pytest.mark.parametrize(
    "raw", ["x", 5, {"a": 1}, [5, None, "x"], [{"children": 5}], [{"type": "x", "children": [[]]}]]
)
def test_damaged_documents_can_be_read(raw: Any) -> None:
    document = Document(raw)
    assert len(document) <= 1
    assert document.text() == ""
    assert document.outline is not None
    with pytest.raises(InvalidDocument):
        document.check_structure()


def test_ids() -> None:
    assert all(is_block_id(value) for value in ("a", "0-a", "a-", "x" * 64))
    assert not any(is_block_id(value) for value in ("", "A", "a--b", "a_b", "x" * 65, "a\n", 5, None, "é"))
    assert new_block_id("heading")[0] == "h"
    assert new_block_id("éa")[0] == "b"
    assert is_block_id(new_block_id())
    assert new_block_id("x") != new_block_id("x")


def test_same_json_tells_apart_what_python_does_not() -> None:
    assert same_json({"a": [1, "x", None]}, {"a": [1, "x", None]})
    for a, b in ((1, True), (1, 1.0), ([], {}), ({"a": 1}, {"b": 1}), ([1], [1, 2]), ({"a": 1}, {"a": 1, "b": 1})):
        assert not same_json(a, b)
