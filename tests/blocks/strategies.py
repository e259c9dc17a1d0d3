"""Hypothesis strategies: documents, and batches of operations on them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ai_cms.blocks import Document

WORDS = st.text(alphabet="abc <>&é", max_size=6)
IDS = st.integers(0, 12).map(lambda number: f"b{number}")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.floats(-1, 1), WORDS, st.lists(st.integers(0, 1), max_size=2)
)
METAS = st.fixed_dictionaries(
    {},
    optional={
        "locked": st.booleans(),
        "placeholder": WORDS,
        "provenance": st.fixed_dictionaries({"source": st.sampled_from(["human", "model"])}),
    },
)


def _block(draw: Any, ids: list[str], depth: int) -> dict[str, Any]:
    block: dict[str, Any] = {"id": ids.pop(), "type": draw(st.sampled_from(["heading", "section", "gone"]))}
    if draw(st.booleans()):
        block["v"] = draw(st.integers(1, 2))
    if draw(st.integers(0, 5)):
        block["props"] = draw(st.dictionaries(st.sampled_from(["text", "level", "x"]), VALUES, max_size=3))
    if draw(st.booleans()) and depth < 3:
        block["children"] = _siblings(draw, ids, depth + 1)
    if draw(st.booleans()):
        block["meta"] = draw(METAS)
    return block


def _siblings(draw: Any, ids: list[str], depth: int) -> list[dict[str, Any]]:
    count = min(draw(st.integers(0, 4)), len(ids))
    return [_block(draw, ids, depth) for _ in range(count) if ids]


@st.composite
def documents(draw: Any) -> Document:
    """Documents of any shape that is JSON and has unique ids, of registered types and others."""
    ids = draw(st.permutations([f"b{number}" for number in range(12)]))
    return Document(_siblings(draw, list(ids), 0))


@st.composite
def known_blocks(draw: Any, depth: int = 0) -> dict[str, Any]:
    """Blocks as a client may send them: some ids given, some props wrong."""
    kind = draw(st.sampled_from(["heading", "rich_text", "section", "columns", "quote"] if depth < 2 else ["heading"]))
    block: dict[str, Any] = {"type": kind}
    if draw(st.booleans()):
        block["id"] = draw(IDS)
    html = draw(
        st.sampled_from(["", "<p>a</p>", "<p>a<script>x</script>", "<b>x", "a & b", "<a href='javascript:x'>k</a>"])
    )
    props: dict[str, Any] = {
        "heading": {"text": draw(WORDS), "level": draw(st.sampled_from([1, 2, "3", 9, None]))},
        "rich_text": {"html": html},
        "section": {"title": draw(WORDS), "text": html},
        "columns": {},
        "quote": {"text": html, "attribution": html, "nonsense": 1} if draw(st.booleans()) else {"text": html},
    }[kind]
    if draw(st.integers(0, 4)):
        block["props"] = props
    if kind == "section" and draw(st.booleans()):
        block["children"] = draw(st.lists(known_blocks(depth=depth + 1), max_size=3))
    if kind == "columns":
        columns = draw(st.lists(st.lists(known_blocks(depth=2), max_size=2), max_size=3))
        block["children"] = [{"type": "column", "children": inner} for inner in columns]
    if draw(st.booleans()):
        block["meta"] = {"placeholder": draw(WORDS)}
    return block


@st.composite
def placed(draw: Any) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if draw(st.booleans()):
        place["parent"] = draw(IDS)
    match draw(st.integers(0, 3)):
        case 0:
            place["after"] = None
        case 1:
            place["after"] = draw(IDS)
        case 2:
            place["before"] = draw(IDS)
    return place


@st.composite
def operations(draw: Any) -> dict[str, Any]:
    """Operations as a client may send them; many cannot be applied."""
    match draw(st.sampled_from(["insert", "update", "move", "remove"])):
        case "insert":
            return {"op": "insert", "block": draw(known_blocks()), **draw(placed())}
        case "update":
            props = {"text": draw(WORDS), "title": draw(WORDS), "html": "<p>x<i>y"}
            return {"op": "update", "id": draw(IDS), "props": props, "replace": draw(st.booleans())}
        case "move":
            return {"op": "move", "id": draw(IDS), **draw(placed())}
        case _:
            return {"op": "remove", "id": draw(IDS)}
