"""Edits of an agent are taken out of documents in which people have written meanwhile."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.evidence.undo.contents import values_without, without_edit
from tests.pages.edits import base_document, edit, texts_of

from .conftest import heading, section


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.sampled_from(["agent", "agent", "person"]), min_size=1, max_size=14))
def test_what_people_typed_stays_and_what_the_agent_typed_goes(seed: int, order: list[str]) -> None:
    rng = random.Random(seed)
    documents = [Document(base_document(rng))]
    for number, who in enumerate(order):
        operations = parse_operations(edit(rng, documents[-1], f"{who} {number}"))
        documents.append(apply_operations(documents[-1], operations).document)
    current = documents[-1]
    kept: set[str] = set()
    for index in range(len(order), 0, -1):
        if order[index - 1] != "agent":
            continue
        part = without_edit(current, documents[index], documents[index - 1])
        assert not part.broken
        current = part.document
        kept |= set(part.kept)
    current.check_structure()
    assert len(current.ids()) == len(list(current.walk()))
    assert texts_of(documents[-1], "person") <= texts_of(current, "person")
    for walked in current.walk():
        props = walked.block["props"]
        if str(props.get("text", props.get("title", ""))).startswith("agent"):
            assert walked.block["id"] in kept
    if "person" not in order:
        assert current == documents[0] and not kept


def test_without_people_everything_is_as_it_was() -> None:
    before = Document([heading("a"), section("s", heading("b"))])
    after = Document([section("s", heading("b", "x"), heading("a"), heading("n"))])
    part = without_edit(after, after, before)
    assert part.document == before and part.kept == [] and not part.broken


def test_what_would_leave_no_valid_document_is_left_whole() -> None:
    def columns(*names: str) -> Document:
        made = [{"id": name, "type": "column", "props": {}, "children": []} for name in names]
        return Document([{"id": "c", "type": "columns", "props": {}, "children": made}])

    # Six columns are the most: the agent took one away, and a person has put another in its place.
    before, after = columns(*"123456"), columns(*"12345")
    current = columns(*"12345", "p")
    part = without_edit(current, after, before)
    assert part.broken and part.document == current and part.kept == ["6"]


def test_values_are_looked_at_one_by_one() -> None:
    found, kept = values_without(
        {"a": "robot", "b": "person", "c": {"x": "robot", "y": "person", "z": 1}, "d": "same"},
        {"a": "robot", "b": "robot", "c": {"x": "robot", "y": "robot"}, "d": "same"},
        {"a": "old", "b": "old", "c": {"y": "old"}, "d": "same"},
    )
    assert found == {"a": "old", "c": {"y": "person", "z": 1}}
    assert kept == ["b", "c"]


def test_documents_among_the_fields_are_looked_at_block_by_block() -> None:
    old, new = [heading("a", "old"), heading("b", "old")], [heading("a", "robot"), heading("b", "robot")]
    now = [heading("a", "robot"), heading("b", "person")]
    found, kept = values_without({"body": now}, {"body": new}, {"body": old}, ["body"])
    assert found == {"body": [heading("a", "old"), heading("b", "person")]} and kept == ["body"]
