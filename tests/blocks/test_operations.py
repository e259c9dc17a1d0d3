"""The four operations, their inverses, and what clients may not do with them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_cms.blocks import (
    Document,
    InsertOperation,
    InvalidOperation,
    UpdateOperation,
    apply_operations,
    parse_operations,
    prepare_document,
)
from ai_cms.blocks.documents.document import same_json
from ai_cms.core.permissions import Actor

from . import strategies

HUMAN = {"source": "human", "by": "1"}
MODEL = {"source": "model", "model": "m", "call": "7"}


@pytest.fixture
def document() -> Document:
    return prepare_document(
        [
            {"id": "h", "type": "heading", "props": {"text": "Bread"}},
            {
                "id": "s",
                "type": "section",
                "props": {"title": "Steps"},
                "children": [
                    {"id": "c1", "type": "rich_text", "props": {"html": "<p>one</p>"}},
                    {"id": "c2", "type": "rich_text", "props": {"html": "<p>two</p>"}},
                ],
            },
            {"id": "q", "type": "quote", "props": {"text": "<p>Yes</p>"}},
        ],
        provenance=MODEL,
    )


def ids(document: Document, parent: str | None = None) -> list[str]:
    siblings = document.blocks if parent is None else (document.find(parent) or {})["children"]
    return [block["id"] for block in siblings]


def refused(document: Document, *operations: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    before = document.dumps()
    with pytest.raises(InvalidOperation) as caught:
        apply_operations(document, list(operations), **options)
    assert document.dumps() == before
    return caught.value.body()["operations"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({}, ["h", "s", "q", "n"]),
        ({"after": None}, ["n", "h", "s", "q"]),
        ({"after": "h"}, ["h", "n", "s", "q"]),
        ({"before": "h"}, ["n", "h", "s", "q"]),
        ({"before": None}, ["h", "s", "q", "n"]),
        ({"parent": None, "after": "s"}, ["h", "s", "n", "q"]),
    ],
)
def test_insert_places(document: Document, place: dict[str, Any], expected: list[str]) -> None:
    block = {"id": "n", "type": "heading", "props": {"text": "New"}}
    applied = apply_operations(document, [{"op": "insert", "block": block, **place}])
    assert ids(applied.document) == expected
    assert applied.touched == {"n"}


def test_insert_fills_in_ids_versions_and_provenance(document: Document) -> None:
    block = {"type": "section", "props": {"title": "New"}, "children": [{"type": "heading", "props": {"text": "x"}}]}
    applied = apply_operations(document, {"op": "insert", "block": block, "parent": "s"}, provenance=HUMAN)
    inserted = applied.operations[0]
    assert isinstance(inserted, InsertOperation)
    new = applied.document.find(inserted.block["id"])
    assert new is not None
    assert new["v"] == 1
    assert new["meta"]["provenance"] == HUMAN
    assert new["children"][0]["meta"]["provenance"] == HUMAN
    assert applied.touched == {new["id"], new["children"][0]["id"]}


def test_insert_sanitises(document: Document) -> None:
    block = {"id": "n", "type": "rich_text", "props": {"html": "<p onclick=x>hi<script>alert(1)</script></p>"}}
    applied = apply_operations(document, [{"op": "insert", "block": block}])
    assert applied.document.blocks[-1]["props"]["html"] == "<p>hi</p>"


def test_update_merges_and_replaces(document: Document) -> None:
    merged = apply_operations(document, [{"op": "update", "id": "h", "props": {"level": 3}}]).document
    assert (merged.find("h") or {})["props"] == {"text": "Bread", "level": 3}
    replaced = apply_operations(merged, [{"op": "update", "id": "h", "props": {"text": "x"}, "replace": True}]).document
    assert (replaced.find("h") or {})["props"] == {"text": "x"}


def test_an_edit_by_a_person_keeps_the_origin_and_says_so(document: Document) -> None:
    edited = apply_operations(document, [{"op": "update", "id": "h", "props": {"level": 3}}], provenance=HUMAN).document
    assert edited.blocks[0]["meta"]["provenance"] == {**MODEL, "edited": True}
    again = apply_operations(edited, [{"op": "update", "id": "h", "props": {"level": 4}}], provenance=MODEL).document
    assert again.blocks[0]["meta"]["provenance"] == MODEL


def test_an_update_that_changes_nothing_leaves_provenance_alone(document: Document) -> None:
    same = apply_operations(document, [{"op": "update", "id": "h", "props": {"text": "Bread"}}], provenance=HUMAN)
    assert same.document == document


def test_clients_cannot_forge_provenance(document: Document) -> None:
    forged = {"provenance": {"source": "human"}, "placeholder": "Title"}
    applied = apply_operations(
        document,
        [
            {"op": "insert", "block": {"id": "n", "type": "heading", "props": {"text": "x"}, "meta": forged}},
            {"op": "update", "id": "h", "meta": forged},
        ],
        provenance=MODEL,
    ).document
    assert (applied.find("n") or {})["meta"] == {"placeholder": "Title", "provenance": MODEL}
    assert (applied.find("h") or {})["meta"] == {"placeholder": "Title", "provenance": MODEL}


def test_move_within_across_and_out(document: Document) -> None:
    applied = apply_operations(
        document,
        [
            {"op": "move", "id": "c2", "parent": "s", "after": None},
            {"op": "move", "id": "q", "parent": "s", "before": "c1"},
            {"op": "move", "id": "c1", "after": "h"},
        ],
    )
    assert ids(applied.document) == ["h", "c1", "s"]
    assert ids(applied.document, "s") == ["c2", "q"]
    assert apply_operations(applied.document, applied.inverse).document.dumps() == document.dumps()


def test_a_block_cannot_move_into_itself_or_below(document: Document) -> None:
    inner = apply_operations(
        document, [{"op": "insert", "parent": "s", "block": {"id": "t", "type": "section"}}]
    ).document
    assert refused(inner, {"op": "move", "id": "s", "parent": "s"})[0]["type"] == "into_itself"
    assert refused(inner, {"op": "move", "id": "s", "parent": "t"})[0]["type"] == "into_itself"
    assert refused(inner, {"op": "move", "id": "t", "parent": "s", "after": "t"})[0]["type"] == "unknown_sibling"


def test_remove_takes_what_is_inside_along(document: Document) -> None:
    applied = apply_operations(document, [{"op": "remove", "id": "s"}])
    assert applied.touched == {"s", "c1", "c2"}
    assert apply_operations(applied.document, applied.inverse).document.dumps() == document.dumps()


def test_a_batch_is_all_or_nothing(document: Document) -> None:
    errors = refused(document, {"op": "remove", "id": "h"}, {"op": "update", "id": "h", "props": {}})
    assert errors == [{"loc": ["1", "id"], "type": "unknown_block", "msg": "There is no block h."}]


def test_what_does_not_change_is_shared(document: Document) -> None:
    changed = apply_operations(document, [{"op": "update", "id": "c1", "props": {"html": "<p>new</p>"}}]).document
    assert changed.blocks[0] is document.blocks[0]
    assert changed.blocks[2] is document.blocks[2]
    assert changed.blocks[1] is not document.blocks[1]
    assert changed.blocks[1]["children"][1] is document.blocks[1]["children"][1]


def test_field_errors_are_no_reason_to_refuse(document: Document) -> None:
    applied = apply_operations(document, [{"op": "update", "id": "c1", "props": {"html": 5}}])
    assert [error.loc for error in applied.document.validate()] == [["1", "children", "0", "props", "html"]]


@pytest.mark.parametrize(
    ("operation", "loc", "kind"),
    [
        ({"op": "insert", "block": {"type": "nothing"}}, ["0", "block", "type"], "unknown_type"),
        ({"op": "insert", "block": {"type": "column"}}, ["0", "block"], "parent_forbidden"),
        ({"op": "insert", "block": {"type": "quote"}, "parent": "h"}, ["0", "block"], "children_forbidden"),
        ({"op": "insert", "block": {"type": "quote", "id": "h"}}, ["0", "block", "id"], "duplicate_id"),
        ({"op": "insert", "block": {"type": "quote", "id": "a--b"}}, ["0", "block", "id"], "bad_id"),
        ({"op": "insert", "block": {"type": "quote", "x": 1}}, ["0", "block", "x"], "extra_forbidden"),
        (
            {"op": "insert", "block": {"type": "quote", "meta": {"x": 1}}},
            ["0", "block", "meta", "x"],
            "extra_forbidden",
        ),
        ({"op": "insert", "block": {"type": "quote", "v": 2}}, ["0", "block", "v"], "unknown_version"),
        ({"op": "insert", "block": {"type": "quote"}, "parent": "z"}, ["0", "parent"], "unknown_block"),
        ({"op": "insert", "block": {"type": "quote"}, "after": "c1"}, ["0", "after"], "unknown_sibling"),
        (
            {"op": "insert", "block": {"type": "heading", "props": {"text": "\0"}}},
            ["0", "block", "props", "text"],
            "forbidden_character",
        ),
        ({"op": "update", "id": "h"}, ["0", "props"], "missing"),
        ({"op": "update", "id": "h", "props": {"text": "\ud800"}}, ["0", "props", "text"], "forbidden_character"),
        ({"op": "update", "id": "h", "meta": {"locked": 1}}, ["0", "meta", "locked"], "bool_type"),
        ({"op": "move", "id": "s", "parent": "h"}, ["0", "parent"], "children_forbidden"),
        ({"op": "remove"}, ["0", "id"], "missing"),
        ({"op": "burn"}, ["0"], "union_tag_invalid"),
        ({"op": "insert", "block": {}, "after": "a", "before": "b"}, ["0"], "two_places"),
        ([], ["0"], "model_attributes_type"),
    ],
)
def test_refusals(document: Document, operation: dict[str, Any], loc: list[str], kind: str) -> None:
    error = refused(document, operation)[0]
    assert (error["loc"], error["type"]) == (loc, kind)


def test_operations_must_be_a_list(document: Document) -> None:
    for data in ("x", 5, None):
        with pytest.raises(InvalidOperation):
            parse_operations(data)
    with pytest.raises(InvalidOperation):
        parse_operations([{"op": "remove", "id": "x"}] * 5001)


def test_allowed_types(document: Document) -> None:
    operation = {"op": "insert", "block": {"type": "quote", "props": {"text": "x"}}}
    assert refused(document, operation, allowed=["heading"])[0]["type"] == "type_forbidden"
    columns = {"op": "insert", "block": {"type": "columns", "children": [{"type": "column"}]}}
    apply_operations(document, [columns], allowed=["columns"])


def test_locked_blocks() -> None:
    document = prepare_document(
        [
            {"id": "s", "type": "section", "children": [{"id": "l", "type": "heading", "meta": {"locked": True}}]},
        ]
    )
    for operation in (
        {"op": "update", "id": "l", "props": {"text": "x"}},
        {"op": "update", "id": "l", "meta": {"locked": False}},
        {"op": "move", "id": "l"},
        {"op": "remove", "id": "l"},
        {"op": "remove", "id": "s"},
    ):
        assert refused(document, operation)[0]["type"] == "locked"
        apply_operations(document, [operation], allow_locked=True)
    apply_operations(document, [{"op": "insert", "parent": "s", "block": {"type": "quote"}}])


def test_blocks_of_unknown_types_are_left_alone() -> None:
    raw = {
        "id": "x",
        "type": "gone",
        "v": 3,
        "props": {"a": 1},
        "children": [{"id": "y", "type": "quote", "props": {}}],
    }
    document = Document([raw, {"id": "h", "type": "heading", "v": 1, "props": {}}])
    assert refused(document, {"op": "update", "id": "x", "props": {}})[0]["type"] == "unknown_type"
    assert refused(document, {"op": "insert", "parent": "x", "block": {"type": "quote"}})[0]["type"] == "unknown_parent"
    assert refused(document, {"op": "move", "id": "h", "parent": "x"})[0]["type"] == "unknown_parent"
    assert refused(document, {"op": "remove", "id": "y"})[0]["type"] == "unknown_parent"
    moved = apply_operations(document, [{"op": "move", "id": "x"}]).document
    assert moved.blocks[1] is raw
    gone = apply_operations(document, [{"op": "remove", "id": "x"}])
    assert apply_operations(gone.document, gone.inverse).document == document


def test_limits(document: Document) -> None:
    with override_settings(AI_CMS={"DOCUMENT_MAX_BLOCKS": 5}):
        assert refused(document, {"op": "insert", "block": {"type": "quote"}})[0]["type"] == "too_many_blocks"
    with override_settings(AI_CMS={"DOCUMENT_MAX_BYTES": 10}):
        assert refused(document, {"op": "insert", "block": {"type": "quote"}})[0]["type"] == "too_large"
        apply_operations(document, [{"op": "remove", "id": "h"}])
    with override_settings(AI_CMS={"DOCUMENT_MAX_DEPTH": 2}):
        deep = {"op": "insert", "parent": "s", "block": {"type": "section", "children": [{"type": "quote"}]}}
        assert refused(document, deep)[0]["type"] == "too_deep"
        pair = {"op": "insert", "block": {"type": "section", "id": "t", "children": [{"type": "quote"}]}}
        assert refused(document, pair, {"op": "move", "id": "t", "parent": "s"})[0]["type"] == "too_deep"


def test_too_many_children() -> None:
    buttons = [{"type": "button", "id": f"b{number}"} for number in range(4)]
    document = prepare_document([{"type": "hero", "id": "hero", "children": buttons}])
    insert = {"op": "insert", "parent": "hero", "block": {"type": "button"}}
    assert refused(document, insert)[0]["type"] == "too_many_children"
    apply_operations(document, [{"op": "move", "id": "b3", "parent": "hero", "after": None}])


def test_raw_html_needs_setting_and_permission() -> None:
    operation = {"op": "insert", "block": {"type": "raw_html", "id": "r", "props": {"html": "<b>x</b>"}}}
    system = Actor.system()
    assert refused(Document.empty(), operation, actor=system)[0]["type"] == "type_disabled"
    with override_settings(AI_CMS={"RAW_HTML": True}):
        assert refused(Document.empty(), operation)[0]["type"] == "type_permission"
        assert refused(Document.empty(), operation, actor=AnonymousUser())[0]["type"] == "type_permission"
        document = apply_operations(Document.empty(), [operation], actor=system).document
        change = {"op": "update", "id": "r", "props": {"html": "<i>x</i>"}}
        assert refused(document, change, actor=AnonymousUser())[0]["type"] == "type_permission"
        apply_operations(document, [{"op": "remove", "id": "r"}], actor=AnonymousUser())


def test_stored_operations_can_be_trusted_again(document: Document) -> None:
    applied = apply_operations(document, [{"op": "update", "id": "h", "props": {"level": 3}}], provenance=HUMAN)
    stored = [operation.to_json() for operation in applied.inverse]
    untrusted = apply_operations(applied.document, stored).document
    assert (untrusted.find("h") or {})["props"] == {"text": "Bread"}
    restored = apply_operations(applied.document, parse_operations(stored, trusted=True)).document
    assert restored.dumps() == document.dumps()


def test_an_update_operation_keeps_the_order_of_its_keys() -> None:
    operation = UpdateOperation(replace=True, props={}, id="x")
    assert list(operation.to_json()) == ["op", "id", "props", "replace"]


@settings(max_examples=300, deadline=None)
@given(st.lists(strategies.known_blocks(), max_size=4), st.lists(strategies.operations(), max_size=8))
def test_the_inverse_restores_every_byte(raw: list[dict[str, Any]], batch: list[dict[str, Any]]) -> None:
    document = Document.empty()
    for block in raw:
        try:
            document = apply_operations(document, [{"op": "insert", "block": block}], provenance=MODEL).document
        except InvalidOperation:
            continue
    before = document.dumps()
    applied = []
    for operation in batch:
        try:
            applied.append(apply_operations(document, [operation], provenance=HUMAN))
        except InvalidOperation:
            continue
        document = applied[-1].document
        document.check_structure()
    for step in reversed(applied):
        document = apply_operations(document, step.inverse).document
    assert document.dumps() == before


@settings(max_examples=200, deadline=None)
@given(strategies.documents(), st.lists(strategies.operations(), max_size=6))
def test_the_inverse_of_a_batch_restores_any_document(document: Document, batch: list[dict[str, Any]]) -> None:
    try:
        applied = apply_operations(document, batch, provenance=HUMAN, allow_locked=True)
    except InvalidOperation:
        return
    assert same_json(apply_operations(applied.document, applied.inverse).document.blocks, document.blocks)
    again = apply_operations(document, applied.operations).document
    assert same_json(again.blocks, applied.document.blocks)
