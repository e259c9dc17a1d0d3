"""What a model that drafts is told of blocks: a short schema, what blocks are for, an example; what a class may say of it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from ai_cms.blocks import Block, InlineText, blocks
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.drafting import draft_schema, draftable, purposes, worked_example
from ai_cms.blocks.exceptions import InvalidBlockClass
from ai_cms.blocks.schema import document_schema


def whole(block: Any) -> list[Any]:
    """Return a document that holds ``block`` where its type may stand."""
    parents = blocks[block["type"]].block_meta.allowed_parents
    if parents is None or "" in parents:
        return [block]
    return whole({"type": parents[0], "props": {}, "children": [block]})


@pytest.mark.parametrize("name", draftable())
def test_what_a_class_shows_at_its_best_can_be_drafted(name: str) -> None:
    meta = blocks[name].block_meta
    props = dict(meta.example)
    if isinstance(meta.drafts, tuple):
        props = {key: value for key, value in props.items() if key in meta.drafts}
    block: dict[str, Any] = {"type": name, "props": props}
    inside = {"cards": "card", "columns": "column", "accordion": "accordion_item"}.get(name)
    if meta.allowed_children is not None:
        block["children"] = []
    if inside:
        given = blocks[inside].block_meta
        example = {key: given.example[key] for key in given.drafts if key in given.example}  # type: ignore[union-attr]
        block["children"] = [{"type": inside, "props": example, "children": []}]
        if given.allowed_children is None:
            del block["children"][0]["children"]
    schema = draft_schema(tuple(draftable()))
    jsonschema.validate([block] if whole(block) == [block] else [], schema)
    found = Document(whole(block))
    problems = [
        problem for problem in found.validate(strict=True) if "children" not in str(problem.to_json()["loc"][-1:])
    ]
    assert problems == []


def test_the_schema_is_short_and_names_what_is_to_be_written() -> None:
    types = tuple(draftable())
    schema = draft_schema(types)
    assert len(json.dumps(schema)) < len(json.dumps(document_schema(types, writing=True))) / 2
    heading = schema["$defs"]["heading"]["properties"]["props"]["properties"]
    assert set(heading) == {"text", "level"}
    assert "description" not in schema["$defs"]["heading"]
    # What may stand in several places is listed once.
    assert schema["$defs"]["section"]["properties"]["children"]["items"] == {"$ref": "#/$defs/any"}
    assert {"$ref": "#/$defs/hero"} in schema["items"]["anyOf"]
    assert not {"image", "code", "raw_html", "page_list"} & set(types)


def test_a_page_of_few_types_is_told_of_these_alone() -> None:
    schema = draft_schema(("heading", "rich_text"))
    assert set(schema["$defs"]) == {"heading", "rich_text"}
    assert list(purposes(("heading",))) == ["heading"]
    assert [block["type"] for block in worked_example(("heading", "rich_text"))] == ["heading", "rich_text"]
    assert worked_example(("quote",)) == []


def test_the_example_is_a_draft_itself() -> None:
    example = worked_example(draftable())
    assert Document(example).validate(strict=True) == []
    jsonschema.validate(example, draft_schema(tuple(draftable())))


def test_a_type_that_the_site_names_is_told_whole() -> None:
    assert "code" in json.dumps(draft_schema(("code",))["$defs"]["code"]["properties"]["props"])


@pytest.mark.parametrize(
    ("drafts", "told"),
    [
        (("words",), "none of its props"),
        (("note",), "lacks 'text'"),
        ("text", "must be True, False or a tuple"),
        ((1,), "must be True, False or a tuple"),
    ],
)
def test_what_cannot_be_drafted_is_told_when_the_class_is_made(drafts: Any, told: str) -> None:
    given = drafts
    with pytest.raises(InvalidBlockClass, match=told):

        class OddBlock(Block):
            text: InlineText
            note: InlineText = ""

            class Meta:
                drafts = given
