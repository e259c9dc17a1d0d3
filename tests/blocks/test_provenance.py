"""Who made a block."""

from __future__ import annotations

import pytest

from ai_cms.blocks import Document, make_provenance, provenance_summary
from ai_cms.blocks.documents.provenance import provenance_after_edit, provenance_of


def test_make() -> None:
    record = make_provenance("model", by=5, model="m", call=7, at="2026-01-01")
    assert record == {"source": "model", "by": "5", "model": "m", "call": "7", "at": "2026-01-01"}
    assert set(make_provenance("human")) == {"source", "at"}
    with pytest.raises(ValueError, match="not 'alien'"):
        make_provenance("alien")  # type: ignore[arg-type]


def test_after_an_edit() -> None:
    human, model, rules = {"source": "human", "by": "1"}, {"source": "model", "model": "m"}, {"source": "rules"}
    assert provenance_after_edit(model, human) == {**model, "edited": True}
    assert provenance_after_edit(model, None) == {**model, "edited": True}
    assert provenance_after_edit(human, None) == human
    assert provenance_after_edit(human, model) == model
    assert provenance_after_edit(model, rules) == rules
    assert provenance_after_edit(human, {"source": "human", "by": "2"}) == {"source": "human", "by": "2"}
    assert provenance_after_edit(None, human) == human
    assert provenance_after_edit(None, None) is None


def test_reading() -> None:
    assert provenance_of({"meta": {"provenance": {"source": "human"}}}) == {"source": "human"}
    assert provenance_of({"meta": 5}) is None
    assert provenance_of({}) is None


def test_summary() -> None:
    def block(**provenance: object) -> dict[str, object]:
        return {"type": "heading", "meta": {"provenance": provenance}}

    document = Document(
        [
            block(source="model", model="b"),
            block(source="model", model="a", edited=True),
            block(source="human"),
            {"type": "x"},
        ]
    )
    assert provenance_summary(document) == {
        "blocks": 4,
        "sources": {"human": 1, "model": 2, "unknown": 1},
        "edited": 1,
        "models": ["a", "b"],
    }
