"""The catalogue, and JSON Schemas of documents."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy

from ai_cms.blocks import Block, InlineText, blocks
from ai_cms.blocks.schema import block_schema, catalogue, catalogue_etag, document_schema

from .conftest import Templates


class JarBlock(Block):
    """A jar."""

    name: InlineText
    lids: list[str] = ["tin"]
    depth: int | None = None

    class Meta:
        label = gettext_lazy("Yes")
        icon = "jar"
        group = "kitchen"
        allowed_children = ("heading", "jar_lid")
        allowed_parents = ("", "section")
        min_children = 1
        max_children = 3
        example = {"name": "x"}


class JarLidBlock(Block):
    class Meta:
        allowed_parents = ("jar",)


def test_an_entry_of_the_catalogue() -> None:
    with blocks.temporarily(JarBlock):
        (entry,) = [entry for entry in catalogue() if entry["type"] == "jar"]
    schema = entry.pop("schema")
    assert schema["required"] == ["name"]
    assert entry == {
        "type": "jar",
        "label": "Yes",
        "icon": "jar",
        "group": "kitchen",
        "version": 1,
        "defaults": {"lids": ["tin"], "depth": None},
        "children": {"allow": ["heading", "jar_lid"], "min": 1, "max": 3},
        # The page of a portfolio counts as the root.
        "parents": ["", "section", "portfolio_page"],
        "example": {"name": "x"},
        "permission": None,
    }


def test_labels_are_in_the_active_language() -> None:
    with blocks.temporarily(JarBlock):
        with translation.override("de"):
            german = {entry["type"]: entry["label"] for entry in catalogue()}["jar"]
        assert german == "Ja"
        assert {entry["type"]: entry["label"] for entry in catalogue()}["jar"] == "Yes"


def test_what_is_derived_follows_the_registry() -> None:
    before = catalogue_etag(catalogue())
    assert before == catalogue_etag(catalogue())
    assert block_schema(blocks["heading"]) is block_schema(blocks["heading"])
    with blocks.temporarily(JarBlock):
        assert catalogue_etag(catalogue()) != before
    assert catalogue_etag(catalogue()) == before


def _types(schema: dict[str, Any], items: dict[str, Any]) -> set[str]:
    nodes = [option["$ref"].rsplit("/", 1)[1] for option in items["anyOf"]]
    return {schema["$defs"][node]["properties"]["type"]["const"] for node in nodes}


def test_the_schema_of_a_document_holds_the_nesting_rules() -> None:
    with blocks.temporarily(JarBlock), blocks.temporarily(JarLidBlock):
        schema = document_schema(["heading", "jar", "cards"])
        assert _types(schema, schema["items"]) == {"heading", "jar", "cards"}
        jar = schema["$defs"]["JarNode"]
        assert _types(schema, jar["properties"]["children"]["items"]) == {"heading", "jar_lid"}
        assert (jar["properties"]["children"]["minItems"], jar["properties"]["children"]["maxItems"]) == (1, 3)
        assert jar["required"] == ["type"]
        # Cards hold nothing but card, which is not admitted.
        assert schema["$defs"]["CardsNode"]["properties"]["children"]["items"] is False
        assert jar["description"] == "A jar."
        writing = document_schema(["jar"], writing=True)["$defs"]["JarNode"]
        assert set(writing["properties"]) == {"type", "props", "children"}
        assert writing["required"] == ["type", "props"]


def test_references_can_point_elsewhere() -> None:
    schema = document_schema(["heading"], ref_template="#/components/schemas/{model}")
    assert schema["items"]["anyOf"] == [{"$ref": "#/components/schemas/HeadingNode"}]
    assert schema["$defs"]["HeadingNode"]["properties"]["props"] == {"$ref": "#/components/schemas/HeadingBlock"}


def test_the_whole_catalogue_is_json(templates: Templates) -> None:
    for entry in catalogue():
        assert entry["schema"]["additionalProperties"] is False, entry["type"]
