"""Differences and merges of documents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from ai_cms.blocks import Document, InvalidDocument, apply_operations
from ai_cms.blocks.documents.diff import diff_documents, is_regular, longest_increasing
from ai_cms.blocks.documents.document import same_json

from .strategies import documents


def doc(*ids: str) -> Document:
    return Document([{"id": block_id, "type": "heading", "v": 1, "props": {"text": block_id}} for block_id in ids])


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(documents(), documents())
def test_applying_the_difference_gives_the_other_document(a: Document, b: Document) -> None:
    applied = apply_operations(a, diff_documents(a, b))
    assert same_json(applied.document.blocks, b.blocks)
    assert same_json(apply_operations(applied.document, applied.inverse).document.blocks, a.blocks)


@pytest.mark.thorough
@given(documents())
def test_nothing_differs_from_itself(a: Document) -> None:
    assert diff_documents(a, Document([*a.blocks])) == []


@pytest.mark.thorough
@given(documents())
def test_generated_documents_are_regular(a: Document) -> None:
    assert is_regular(a)


def test_one_dragged_block_is_one_move() -> None:
    operations = diff_documents(doc("a", "b", "c", "d", "e"), doc("e", "a", "b", "c", "d"))
    assert [operation.to_json() for operation in operations] == [{"op": "move", "id": "e", "after": None}]


def test_a_changed_prop_is_an_update_of_that_prop() -> None:
    a = Document([{"id": "a", "type": "hero", "v": 1, "props": {"heading": "x", "text": "y"}}])
    b = Document([{"id": "a", "type": "hero", "v": 1, "props": {"heading": "x", "text": "z"}}])
    assert [item.to_json() for item in diff_documents(a, b)] == [{"op": "update", "id": "a", "props": {"text": "z"}}]


def test_true_and_one_differ() -> None:
    a = Document([{"id": "a", "type": "x", "props": {"n": 1}}])
    b = Document([{"id": "a", "type": "x", "props": {"n": True}}])
    assert apply_operations(a, diff_documents(a, b)).document.blocks[0]["props"]["n"] is True


def test_swapping_parent_and_child() -> None:
    a = Document([{"id": "x", "type": "section", "children": [{"id": "y", "type": "section", "children": []}]}])
    b = Document([{"id": "y", "type": "section", "children": [{"id": "x", "type": "section", "children": []}]}])
    assert apply_operations(a, diff_documents(a, b)).document == b


def test_unusual_documents_are_replaced() -> None:
    a = Document([{"id": "a", "type": "x", "extra": 1}, {"id": "b", "type": "x", "children": [{"type": "no-id"}]}])
    b = doc("a", "c")
    assert apply_operations(a, diff_documents(a, b)).document == b
    assert apply_operations(b, diff_documents(b, a)).document == a


def test_a_root_block_without_id_cannot_be_removed() -> None:
    with pytest.raises(InvalidDocument):
        diff_documents(Document([{"type": "heading"}]), doc("a"))


@pytest.mark.parametrize(
    ("values", "length"), [([], 0), ([3, 1, 2], 2), ([1, 2, 3], 3), ([3, 2, 1], 1), ([2, 5, 3, 4, 1], 3)]
)
def test_longest_increasing(values: list[int], length: int) -> None:
    found = sorted(longest_increasing(values))
    assert len(found) == length
    assert [values[i] for i in found] == sorted(values[i] for i in found)
