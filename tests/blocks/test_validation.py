"""Field errors, and what is made of props that have some."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import field_validator, model_validator

from ai_cms.blocks import Block, Document, RichText, blocks, prepare_document
from ai_cms.blocks.documents.validation import clean_props, lenient_block
from ai_cms.blocks.types.compiled import has_forbidden_characters, is_valid


def errors(*raw: dict[str, Any], strict: bool = True) -> list[tuple[str, str]]:
    return [(".".join(error.loc), error.type) for error in Document(list(raw)).validate(strict=strict)]


HEADING = {"id": "h", "type": "heading", "v": 1, "props": {"text": "x"}}


def test_a_valid_document_has_no_errors() -> None:
    raw = [block | {"id": f"b{index}"} for index, block in enumerate(_examples())]
    document = prepare_document(raw, allow_unknown=True, actor=None)
    assert [error for error in document.validate() if error.type != "too_few_children"] == []


def _examples() -> list[dict[str, Any]]:
    return [
        {"type": name, "props": dict(block_class.block_meta.example)}
        for name, block_class in blocks.items()
        if block_class.block_meta.permission is None and "" in (block_class.block_meta.allowed_parents or ("",))
    ]


def test_errors_name_the_place() -> None:
    section = {"id": "s", "type": "section", "v": 1, "props": {"title": "x", "items": [{"heading": "x"}]}}
    inner = {"id": "i", "type": "heading", "v": 1, "props": {"text": 5, "nonsense": 1}}
    assert errors(HEADING, {**section, "children": [inner]}) == [
        ("1.props.items.0.text", "missing"),
        ("1.children.0.props.text", "string_type"),
        ("1.children.0.props.nonsense", "extra_forbidden"),
    ]
    assert errors({"id": "x", "type": "heading", "v": 1}) == [("0.props.text", "missing")]


def test_unknown_types_count_when_it_is_for_good() -> None:
    unknown = {"id": "u", "type": "gone", "props": {}}
    newer = {**HEADING, "v": 2}
    assert errors(unknown, newer) == [("0.type", "unknown_type"), ("1.v", "unknown_version")]
    assert errors(unknown, newer, strict=False) == []


def test_too_few_children_is_a_field_error() -> None:
    assert errors({"id": "c", "type": "columns", "v": 1, "props": {}}) == [("0.children", "too_few_children")]


@pytest.mark.parametrize("character", ["\0", "\b", "\f", "\x1f", "\x7f", "\x85", "\ufffe", "\ud800"])
def test_characters_that_cannot_be_stored(character: str) -> None:
    assert ("0.props.text", "forbidden_character") in errors({**HEADING, "props": {"text": f"aé{character}b"}})


@pytest.mark.parametrize("text", ["a\nb\tc", "\\b \\f \\u0000 a", "é\u00a0\u200d\U0001f9c1", '"\\'])
def test_characters_that_can(text: str) -> None:
    block = {"id": "q", "type": "code", "v": 1, "props": {"code": text}}
    assert errors(block) == []


def test_the_quick_look_at_characters() -> None:
    assert not has_forbidden_characters(Document([HEADING]).dumps())
    assert has_forbidden_characters('"\\u0000"')
    assert has_forbidden_characters('"é\x85"')
    assert not has_forbidden_characters('"é\u00a0"')


def test_the_compiled_validator_agrees_with_the_slow_one() -> None:
    assert is_valid([])
    assert is_valid([HEADING])
    for wrong in (
        {**HEADING, "v": 2},
        {**HEADING, "type": "gone"},
        {**HEADING, "props": {}},
        {**HEADING, "children": [{"type": "gone"}]},
        {"id": "c", "type": "columns", "v": 1, "props": {}},
    ):
        assert not is_valid([wrong])
        assert errors(wrong) != []


class CheckedBlock(Block):
    html: RichText
    low: int
    high: int = 5

    @field_validator("html")
    @classmethod
    def _shout(cls, value: str) -> str:
        return value.upper()

    @model_validator(mode="after")
    def _in_order(self) -> CheckedBlock:
        if self.low is not None and self.low > self.high:
            raise ValueError("low is above high")
        return self


def test_valid_fields_are_cleaned_beside_invalid_ones() -> None:
    props, found = clean_props(CheckedBlock, {"low": "x", "html": "<p>a<script>b</script></p>"})
    assert props == {"low": "x", "html": "<P>A</P>"}
    assert [error.loc for error in found] == [["props", "low"]]


def test_a_block_that_is_wrong_as_a_whole_is_kept_as_given() -> None:
    given = {"low": 9, "html": "x"}
    props, found = clean_props(CheckedBlock, given)
    assert props == given
    assert found[0].loc == ["props"]


def test_what_was_not_given_stays_absent() -> None:
    assert clean_props(CheckedBlock, {"low": "3", "html": "x"})[0] == {"html": "X", "low": 3}


def test_previews_get_blanks_for_what_fails() -> None:
    block, found = lenient_block(CheckedBlock, {"html": 5, "high": 7})
    assert block is not None
    assert isinstance(block, CheckedBlock)
    assert (block.html, block.low, block.high) == ("", None, 7)
    assert len(found) == 2
    assert lenient_block(CheckedBlock, {"low": 9, "html": "x"})[0] is None
    assert lenient_block(CheckedBlock, "nonsense")[0] is not None
    assert lenient_block(CheckedBlock, {"low": 1, "html": "x"})[1] == []
