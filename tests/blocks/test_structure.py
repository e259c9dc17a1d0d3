"""The rules that hold in drafts too."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from ai_cms.blocks import Document, InvalidDocument
from ai_cms.blocks.documents.structure import structure_errors

H = {"id": "h", "type": "heading", "v": 1, "props": {}}


def kinds(*raw: Any, allowed: list[str] | None = None) -> list[tuple[str, str]]:
    return [(".".join(error.loc), error.type) for error in structure_errors(Document(list(raw)), allowed)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([H], []),
        ([H, H], [("1.id", "duplicate_id")]),
        ([{"id": "h"}], [("0.type", "missing")]),
        ([{**H, "id": None}], [("0.id", "bad_id")]),
        ([5], [("0", "dict_type")]),
        ([{**H, "props": 5}], [("0.props", "dict_type")]),
        ([{**H, "meta": 5}], [("0.meta", "dict_type")]),
        ([{**H, "children": 5}], [("0.children", "list_type")]),
        ([{**H, "children": [{**H, "id": "c"}]}], [("0.children.0", "children_forbidden")]),
        ([{"id": "c", "type": "column"}], [("0", "parent_forbidden")]),
        ([{"id": "u", "type": "gone", "children": [{**H, "id": "c"}]}], []),
        ([{"id": "c", "type": "columns", "children": []}], []),
    ],
)
def test_errors(raw: list[Any], expected: list[tuple[str, str]]) -> None:
    assert kinds(*raw) == expected


def test_allowed_types_do_not_concern_unknown_ones() -> None:
    assert kinds(H, {"id": "u", "type": "gone"}, allowed=["quote"]) == [("0.type", "type_forbidden")]


def test_max_children_is_structural() -> None:
    columns = [{"id": f"c{number}", "type": "column", "props": {}} for number in range(7)]
    assert kinds({"id": "x", "type": "columns", "children": columns}) == [("0.children", "too_many_children")]


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("DOCUMENT_MAX_BLOCKS", "too_many_blocks"),
        ("DOCUMENT_MAX_DEPTH", "too_deep"),
        ("DOCUMENT_MAX_BYTES", "too_large"),
    ],
)
def test_limits(setting: str, kind: str) -> None:
    section = {"id": "s", "type": "section", "props": {}, "children": [H]}
    with override_settings(AI_CMS={setting: 1}):
        assert kinds(section) == [("", kind)]


def test_check_structure_raises() -> None:
    with pytest.raises(InvalidDocument) as caught:
        Document([H, H]).check_structure()
    assert caught.value.status_code == 400
    assert caught.value.body()["content_json"][0]["loc"] == ["1", "id"]
    Document([H]).check_structure(["heading"])


def test_not_json() -> None:
    assert kinds({**H, "props": {"text": "\ud800"}}) == [("", "not_json")]
