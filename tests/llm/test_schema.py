"""Strict schemas of Pydantic models, and answers read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel

from ai_cms.llm.exceptions import LLMInvalidOutput
from ai_cms.llm.messages import LLMRequest, Message, Usage
from ai_cms.llm.schema import (
    extract_json,
    lenient_schema,
    output_schema,
    parse_output,
    repair_request,
    requested_schema,
    strict_schema,
)

FORBIDDEN = {
    "oneOf",
    "allOf",
    "discriminator",
    "default",
    "const",
    "title",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "patternProperties",
    "prefixItems",
    "examples",
}


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Heading(BaseModel):
    type: Literal["heading"] = "heading"
    text: str = Field(min_length=1, max_length=120, description="What it says")
    level: Literal[1, 2, 3] = 2


class Link(BaseModel):
    title: str = Field(default="x", examples=["y"])
    url: str = Field(pattern="^https://")


class Card(BaseModel):
    type: Literal["card"] = "card"
    link: Link = Field(description="Where it goes")
    colour: Colour = Colour.RED
    size: Annotated[int, Field(ge=1, le=10, multiple_of=2)] = 2
    when: date | None = None
    pair: tuple[int, str] = (1, "a")


class Section(BaseModel):
    type: Literal["section"] = "section"
    children: list[Annotated[Heading | Card | Section, Field(discriminator="type")]] = Field(default=[], max_length=5)


class Draft(BaseModel):
    """A page."""

    title: str
    blocks: list[Annotated[Heading | Card | Section, Field(discriminator="type")]]


class Items(RootModel[list[Heading]]):
    pass


class Open(BaseModel):
    values: dict[str, str] = {}
    anything: Any = None


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the schema nodes of ``node``, not its maps of names."""
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key in ("properties", "$defs"):
                for child in value.values():
                    yield from nodes(child)
            else:
                yield from nodes(value)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


@pytest.mark.parametrize("model", [Heading, Link, Card, Section, Draft, Items])
def test_a_strict_schema_keeps_the_rules(model: type[BaseModel]) -> None:
    found = output_schema(model)
    assert found.strict
    assert found.schema["type"] == "object"
    for node in nodes(found.schema):
        assert not FORBIDDEN & set(node), node
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        if "$ref" in node:
            assert set(node) == {"$ref"}
        if node.get("type") == "array":
            assert node["items"]
    json.dumps(found.schema)


def test_what_is_dropped_is_said_in_the_description() -> None:
    schema = output_schema(Heading).schema["properties"]
    assert schema["text"]["description"] == "What it says (1 to 120 characters)"
    assert schema["level"]["enum"] == [1, 2, 3]
    assert schema["type"]["enum"] == ["heading"]
    assert "description" in output_schema(Card).schema["properties"]["link"]


def test_a_property_may_be_called_like_a_keyword() -> None:
    assert list(output_schema(Link).schema["properties"]) == ["title", "url"]


def test_a_value_that_is_no_object_is_wrapped_and_unwrapped() -> None:
    found = output_schema(Items)
    assert found.wrapped
    assert parse_output(Items, '{"result": [{"text": "a"}]}').root[0].text == "a"
    assert parse_output(Items, '[{"text": "a"}]').root[0].text == "a"


def test_open_objects_are_not_strict() -> None:
    found = output_schema(Open)
    assert not found.strict
    assert found.schema["properties"]["values"]["additionalProperties"] == {"type": "string"}


def test_schemas_of_other_origin_are_reduced_too() -> None:
    schema, strict, wrapped = strict_schema(
        {
            "type": "object",
            "properties": {"a": {"allOf": [{"$ref": "#/$defs/A"}, {"description": "d"}]}, "b": {"type": "array"}},
            "$defs": {"A": {"type": "object", "properties": {"x": {"type": "string"}}}},
        }
    )
    assert not wrapped
    assert not strict, "an array of anything"
    assert schema["properties"]["a"]["properties"] == {"x": {"type": "string"}}


def test_the_schema_is_derived_once_a_class() -> None:
    assert output_schema(Draft) is output_schema(Draft)


def test_a_request_names_its_schema() -> None:
    messages = [Message.user("x")]
    assert requested_schema(LLMRequest(messages)) is None
    own = requested_schema(LLMRequest(messages, response_schema={"type": "object"}, response_model=Draft))
    assert own is not None
    assert own.name == "Draft"
    assert own.schema == {"type": "object"}


def test_arguments_of_tools_may_be_left_out() -> None:
    schema = lenient_schema(Card)
    assert schema["required"] == ["link"]
    assert lenient_schema(Section)["type"] == "object"


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "a"}',
        '\ufeff{"title": "a"}',
        '```json\n{"title": "a"}\n```',
        'Here it is:\n```\n{"title": "a"}\n```\nDone.',
        'Sure! {"title": "a"} I hope this helps.',
    ],
)
def test_json_is_found_where_models_put_it(text: str) -> None:
    assert extract_json(text) == {"title": "a"}


def test_line_breaks_inside_of_strings_are_taken() -> None:
    assert extract_json('{"a": "x\ny"}') == {"a": "x\ny"}


@pytest.mark.parametrize("text", ["", "no json", '{"a": ', "{'a': 1}", '{"a": NaN}', "[" * 100_000])
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|not JSON|too deeply"):
        extract_json(text)


def test_problems_are_told_by_their_place() -> None:
    with pytest.raises(LLMInvalidOutput) as caught:
        parse_output(Draft, '{"title": "x", "blocks": [{"type": "heading"}, {"type": "nothing"}]}', usage=Usage(1, 2))
    error = caught.value
    assert "blocks.0.heading.text: Field required" in error.problems
    assert "blocks.1" in error.problems
    assert error.usage == Usage(1, 2)
    assert error.partial.startswith('{"title"')
    many = json.dumps({"title": 1, "blocks": [{"type": "heading"}] * 50})
    with pytest.raises(LLMInvalidOutput) as caught:
        parse_output(Draft, many)
    assert caught.value.problems.endswith("and 31 more")


def test_a_repair_shows_the_model_its_answer_and_the_problems() -> None:
    request = LLMRequest([Message.user("Draft a page")], response_model=Draft)
    repaired = repair_request(request, LLMInvalidOutput(problems="title: Field required", partial='{"x": 1}'))
    assert [message.role for message in repaired.messages] == ["user", "assistant", "user"]
    assert repaired.messages[1].text == '{"x": 1}'
    assert "title: Field required" in repaired.messages[2].text
    assert repaired.response_model is Draft


def test_a_null_where_a_value_may_be_absent_counts_as_absent() -> None:
    class Part(BaseModel):
        name: str
        note: str = "none"

    class Answer(BaseModel):
        title: str
        words: list[str] = []
        parts: list[Part] = []
        other: int | None = 3

    text = '{"title": "x", "words": null, "parts": [{"name": "a", "note": null}], "other": null}'
    made = parse_output(Answer, text)
    assert (made.words, made.parts[0].note, made.other) == ([], "none", None)
    for wrong in ('{"title": null, "words": null}', '{"title": "x", "parts": [null]}', '{"title": 1, "words": null}'):
        with pytest.raises(LLMInvalidOutput) as caught:
            parse_output(Answer, wrong)
        # The model is told of what it wrote.
        assert "Field required" not in caught.value.problems
