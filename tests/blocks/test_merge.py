"""Three-way merges of documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from ai_cms.blocks import Document, apply_operations
from ai_cms.blocks.documents.diff import is_regular
from ai_cms.blocks.documents.document import same_json
from ai_cms.blocks.documents.merge import merge_documents

from .strategies import documents


def block(block_id: str, text: str = "", *children: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"id": block_id, "type": "section", "v": 1, "props": {"title": text}}
    return {**made, "children": list(children)} if children else made


BASE = Document([block("a", "1"), block("b", "2"), block("s", "3", block("c", "4"))])


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(documents(), documents(), documents())
def test_a_merge_is_a_document_with_every_block_in_one_place(base: Document, mine: Document, theirs: Document) -> None:
    merged = merge_documents(base, mine, theirs)
    assert is_regular(merged.document)
    assert merged.document.ids() <= mine.ids() | theirs.ids()
    # Nothing that either edit added is lost.
    assert (mine.ids() | theirs.ids()) - base.ids() <= merged.document.ids()
    assert set(merged.conflicts) <= mine.ids() | theirs.ids()


@given(documents(), documents())
def test_one_edit_alone_wins(base: Document, edit: Document) -> None:
    assert same_json(merge_documents(base, edit, base).document.blocks, edit.blocks)
    assert same_json(merge_documents(base, base, edit).document.blocks, edit.blocks)
    assert same_json(merge_documents(base, edit, edit).document.blocks, edit.blocks)
    assert merge_documents(base, edit, edit).conflicts == []


def edit(*operations: dict[str, Any]) -> Document:
    return apply_operations(BASE, list(operations)).document


def test_edits_of_different_blocks_both_count() -> None:
    mine = edit({"op": "update", "id": "a", "props": {"title": "mine"}})
    theirs = edit({"op": "update", "id": "c", "props": {"title": "theirs"}}, {"op": "remove", "id": "b"})
    merged = merge_documents(BASE, mine, theirs)
    assert merged.conflicts == []
    assert merged.document.text().split() == ["mine", "3", "theirs"]


def test_edits_of_the_same_block_are_a_conflict() -> None:
    mine = edit({"op": "update", "id": "a", "props": {"title": "mine"}})
    theirs = edit({"op": "update", "id": "a", "props": {"title": "theirs"}})
    merged = merge_documents(BASE, mine, theirs)
    assert merged.conflicts == ["a"]
    assert merged.document == theirs


def test_the_same_edit_twice_is_no_conflict() -> None:
    mine = edit({"op": "update", "id": "a", "props": {"title": "same"}}, {"op": "remove", "id": "b"})
    theirs = edit({"op": "update", "id": "a", "props": {"title": "same"}}, {"op": "move", "id": "c"})
    merged = merge_documents(BASE, mine, theirs)
    assert merged.conflicts == []
    assert [item["id"] for item in merged.document.blocks] == ["a", "s", "c"]


def test_a_block_that_one_removed_and_the_other_changed_is_kept() -> None:
    mine = edit({"op": "update", "id": "c", "props": {"title": "kept"}})
    theirs = edit({"op": "remove", "id": "s"})
    merged = merge_documents(BASE, mine, theirs)
    assert set(merged.conflicts) == {"s", "c"}
    assert "kept" in merged.document.text()


def test_inserts_in_one_place_both_stay() -> None:
    mine = edit({"op": "insert", "after": "a", "block": block("m")})
    theirs = edit({"op": "insert", "after": "a", "block": block("t")})
    merged = merge_documents(BASE, mine, theirs)
    assert merged.conflicts == []
    assert {item["id"] for item in merged.document.blocks} == {"a", "m", "t", "b", "s"}
    assert merged.document.blocks[0]["id"] == "a"


def test_moves_into_each_other_are_a_conflict_and_no_cycle() -> None:
    base = Document([block("x", "", block("x1")), block("y", "", block("y1"))])
    mine = apply_operations(base, [{"op": "move", "id": "x", "parent": "y"}]).document
    theirs = apply_operations(base, [{"op": "move", "id": "y", "parent": "x"}]).document
    merged = merge_documents(base, mine, theirs)
    assert merged.conflicts
    assert merged.document.ids() == base.ids()


def test_two_orders_are_a_conflict() -> None:
    mine = edit({"op": "move", "id": "a"})
    theirs = edit({"op": "move", "id": "b", "after": None})
    assert merge_documents(BASE, mine, theirs).conflicts == ["a"]


def test_moves_of_different_blocks_both_count() -> None:
    base = Document([block(name) for name in "abcdef"])
    mine = apply_operations(base, [{"op": "move", "id": "f", "after": None}]).document
    theirs = apply_operations(base, [{"op": "move", "id": "a"}]).document
    merged = merge_documents(base, mine, theirs)
    assert ("".join(item["id"] for item in merged.document.blocks), merged.conflicts) == ("fbcdea", [])


def test_moving_one_and_reordering_nothing_keeps_the_move() -> None:
    mine = edit({"op": "move", "id": "b", "after": None})
    theirs = edit({"op": "insert", "block": block("new")})
    merged = merge_documents(BASE, mine, theirs)
    assert [item["id"] for item in merged.document.blocks] == ["b", "a", "s", "new"]
