"""Whole documents as clients write them, made into stored ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_cms.blocks import Block, Document, InvalidDocument, blocks, prepare_document
from ai_cms.core.permissions import Actor

from . import strategies

HUMAN = {"source": "human", "by": "1", "at": "2026-01-01T00:00:00+00:00"}
MODEL = {"source": "model", "model": "m"}


def refused(raw: Any, **options: Any) -> list[dict[str, Any]]:
    with pytest.raises(InvalidDocument) as caught:
        prepare_document(raw, **options)
    return caught.value.body()["content_json"]  # type: ignore[no-any-return]


def test_ids_versions_and_provenance_are_filled_in() -> None:
    document = prepare_document([{"type": "heading", "props": {"text": "x"}}], provenance=HUMAN)
    block = document.blocks[0]
    assert list(block) == ["id", "type", "v", "props", "meta"]
    assert (block["v"], block["meta"]) == (1, {"provenance": HUMAN})


def test_props_are_cleaned_and_wrong_ones_kept() -> None:
    raw = [{"type": "section", "props": {"title": 5, "text": "<p>a<script>b</script>", "items": [{"heading": "x"}]}}]
    document = prepare_document(raw)
    assert document.blocks[0]["props"] == {"title": 5, "text": "<p>a</p>", "items": [{"heading": "x"}]}
    assert [error.loc[2:] for error in document.validate()] == [["title"], ["items", "0", "text"]]


def test_what_did_not_change_is_the_previous_object_with_its_provenance() -> None:
    previous = prepare_document(
        [
            {"type": "section", "id": "s", "props": {"title": "x"}, "children": [{"type": "heading", "id": "h"}]},
            {"type": "quote"},
        ],
        provenance=MODEL,
    )
    sent = [{key: value for key, value in block.items() if key != "meta"} for block in previous.blocks]
    again = prepare_document(sent, previous=previous, provenance=HUMAN)
    assert again.blocks[1] is previous.blocks[1]
    # The child came back without its meta key too; nothing was changed by that.
    assert again == previous
    sent[0] = {**sent[0], "props": {"title": "y"}}
    changed = prepare_document(sent, previous=previous, provenance=HUMAN)
    assert changed.blocks[0]["meta"]["provenance"] == {**MODEL, "edited": True}
    assert changed.blocks[0]["children"][0] is previous.blocks[0]["children"][0]


def test_a_new_block_under_a_known_id_is_new() -> None:
    previous = prepare_document([{"type": "heading", "id": "a"}], provenance=MODEL)
    changed = prepare_document([{"type": "quote", "id": "a"}], previous=previous, provenance=HUMAN)
    assert changed.blocks[0]["meta"]["provenance"] == HUMAN


def test_provenance_is_believed_only_where_it_is_trusted() -> None:
    raw = [{"type": "heading", "props": {"text": "x"}, "meta": {"provenance": MODEL, "locked": True}}]
    assert prepare_document(raw).blocks[0]["meta"] == {"locked": True}
    assert prepare_document(raw, provenance=HUMAN).blocks[0]["meta"]["provenance"] == HUMAN
    assert prepare_document(raw, provenance=HUMAN, trust_meta=True).blocks[0]["meta"]["provenance"] == MODEL


@pytest.mark.parametrize(
    ("raw", "loc", "kind"),
    [
        ("x", [], "list_type"),
        ([5], ["0"], "dict_type"),
        ([{}], ["0", "type"], "missing"),
        ([{"type": 5}], ["0", "type"], "missing"),
        ([{"type": "quote", "id": "A"}], ["0", "id"], "bad_id"),
        ([{"type": "quote", "id": 5}], ["0", "id"], "bad_id"),
        ([{"type": "quote", "id": "a"}, {"type": "quote", "id": "a"}], ["1", "id"], "duplicate_id"),
        ([{"type": "nothing"}], ["0", "type"], "unknown_type"),
        ([{"type": "quote", "v": 9}], ["0", "v"], "unknown_version"),
        ([{"type": "quote", "v": "1"}], ["0", "v"], "bad_version"),
        ([{"type": "quote", "v": True}], ["0", "v"], "bad_version"),
        ([{"type": "quote", "props": []}], ["0", "props"], "dict_type"),
        ([{"type": "quote", "meta": []}], ["0", "meta"], "dict_type"),
        ([{"type": "quote", "meta": {"placeholder": 5}}], ["0", "meta", "placeholder"], "string_type"),
        ([{"type": "quote", "meta": {"placeholder": "\0"}}], ["0", "meta", "placeholder"], "forbidden_character"),
        ([{"type": "quote", "children": {}}], ["0", "children"], "list_type"),
        ([{"type": "quote", "children": [{"type": "quote"}]}], ["0", "children", "0"], "children_forbidden"),
        ([{"type": "cards", "children": [{"type": "quote"}]}], ["0", "children", "0"], "child_forbidden"),
        ([{"type": "section", "children": [{"type": "hero"}]}], ["0", "children", "0"], "parent_forbidden"),
        ([{"type": "columns", "children": [{"type": "column"}] * 7}], ["0", "children"], "too_many_children"),
        ([{"type": "heading", "props": {"text": float("nan")}}], ["0", "props", "text"], "finite_number"),
        ([{"type": "heading", "props": {"text": object()}}], ["0", "props", "text"], "not_json"),
        ([{"type": "heading", "props": {5: 1}}], ["0", "props"], "not_json"),
        ([{"type": "heading", "props": {"\x01": 1}}], ["0", "props"], "forbidden_character"),
        ([{"type": "quote", "props": {"x": {"y": ["\ud800"]}}}], ["0", "props", "x", "y", "0"], "forbidden_character"),
    ],
)  # fmt: skip
def test_structural_errors(raw: Any, loc: list[str], kind: str) -> None:
    assert (kind, loc) in [(error["type"], error["loc"]) for error in refused(raw)]


def test_every_error_is_told_at_once() -> None:
    assert len(refused([{"type": "nothing"}, {"type": "quote", "id": "A"}, 5])) == 3


def test_limits() -> None:
    with override_settings(AI_CMS={"DOCUMENT_MAX_BLOCKS": 2}):
        assert refused([{"type": "quote"}] * 3)[0]["type"] == "too_many_blocks"
    with override_settings(AI_CMS={"DOCUMENT_MAX_BYTES": 100}):
        assert refused([{"type": "heading", "props": {"text": "x" * 100}}])[0]["type"] == "too_large"
    deep: dict[str, Any] = {"type": "section"}
    for _ in range(40):
        deep = {"type": "section", "children": [deep]}
    assert refused([deep])[0]["type"] == "too_deep"
    value: Any = []
    for _ in range(100):
        value = [value]
    assert refused([{"type": "heading", "props": {"text": value}}])[0]["type"] == "too_deep"


def test_children_of_containers_stay_a_list_and_vanish_elsewhere() -> None:
    document = prepare_document([{"type": "section", "children": []}, {"type": "quote", "children": []}])
    assert document.blocks[0]["children"] == []
    assert "children" not in document.blocks[1]


def test_allowed_types_and_what_lives_inside_them() -> None:
    raw = [{"type": "columns", "children": [{"type": "column", "children": [{"type": "heading"}]}]}]
    prepare_document(raw, allowed=["columns", "heading"])
    assert refused(raw, allowed=["columns"])[0]["type"] == "type_forbidden"
    assert refused(raw, allowed=["heading"])[0]["type"] == "type_forbidden"


UNKNOWN = {
    "id": "u",
    "type": "gone",
    "v": 4,
    "props": {"z": 1, "a": [True, None, 1.5]},
    "children": [{"id": "k"}],
    "extra": "x",
}


def test_unknown_types_are_kept_to_the_byte_where_they_stood() -> None:
    previous = Document([{**UNKNOWN, "meta": {"provenance": MODEL}}])
    document = prepare_document([UNKNOWN, {"type": "quote"}], previous=previous)
    assert document.blocks[0] is previous.blocks[0]
    assert refused([{**UNKNOWN, "props": {}}], previous=previous)[0]["type"] == "unknown_type"
    assert refused([UNKNOWN])[0]["type"] == "unknown_type"
    assert prepare_document([UNKNOWN], allow_unknown=True).blocks[0] == UNKNOWN
    forged = {**UNKNOWN, "meta": {"provenance": MODEL, "x": 1}}
    assert prepare_document([forged], allow_unknown=True).blocks[0]["meta"] == {"x": 1}
    assert refused([UNKNOWN, {"type": "quote", "id": "k"}], allow_unknown=True)[0]["type"] == "duplicate_id"
    assert refused([{**UNKNOWN, "props": {"a": "\0"}}], allow_unknown=True)[0]["type"] == "forbidden_character"


def test_locked_blocks_stay_as_and_where_they_are() -> None:
    locked = {"id": "l", "type": "heading", "props": {"text": "x"}, "meta": {"locked": True}}
    previous = prepare_document([locked, {"type": "section", "id": "s"}])
    prepare_document([{"type": "section", "id": "s"}, locked], previous=previous)
    for raw in (
        [],
        [{**locked, "props": {"text": "y"}}],
        [{**locked, "meta": {}}],
        [{**locked, "type": "quote"}],
        [{"type": "section", "id": "s", "children": [locked]}],
    ):
        assert "locked" in [error["type"] for error in refused(raw, previous=previous)]
        prepare_document(raw, previous=previous, allow_locked=True)


def test_blocks_with_a_permission() -> None:
    raw = [{"type": "raw_html", "id": "r", "props": {"html": "<b>x</b>"}}]
    system = Actor.system()
    assert refused(raw, actor=system)[0]["type"] == "type_disabled"
    with override_settings(AI_CMS={"RAW_HTML": True}):
        assert refused(raw, actor=AnonymousUser())[0]["type"] == "type_permission"
        assert refused(raw)[0]["type"] == "type_permission"
        previous = prepare_document(raw, actor=system)
    assert prepare_document(raw, previous=previous) == previous
    assert refused([{**raw[0], "props": {"html": "<i>y</i>"}}], previous=previous)[0]["type"] == "type_disabled"


class VaseBlock(Block):
    colour: str = ""
    upgrades = {1: lambda props: {"colour": props.pop("color", "")}}

    class Meta:
        version = 2


def test_older_blocks_are_upgraded_on_the_way_in() -> None:
    with blocks.temporarily(VaseBlock):
        document = prepare_document([{"type": "vase", "v": 1, "props": {"color": "red"}}])
        assert document.blocks[0]["v"] == 2
        assert document.blocks[0]["props"] == {"colour": "red"}
        assert refused([{"type": "vase", "v": 1, "props": 5}])[0]["type"] == "upgrade_failed"
        # Without a version it is taken for written now.
        assert prepare_document([{"type": "vase", "props": {"colour": "red"}}]).blocks[0]["v"] == 2


@settings(max_examples=300, deadline=None)
@given(st.lists(strategies.known_blocks(), max_size=4))
def test_preparing_twice_changes_nothing(raw: list[dict[str, Any]]) -> None:
    try:
        once = prepare_document(raw, provenance=HUMAN)
    except InvalidDocument:
        return
    assert prepare_document(once.to_json(), previous=once, provenance=MODEL).dumps() == once.dumps()
    assert prepare_document(once.to_json(), trust_meta=True).dumps() == once.dumps()
    once.check_structure()
