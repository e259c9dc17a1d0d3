"""Plain text of blocks, straight from props that nobody has validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from ai_cms.blocks import Block, BlockPart, Document, InlineText, RichText, Url, blocks
from ai_cms.blocks.types.reading import block_heading, block_text


@pytest.mark.parametrize(
    ("block_type", "props", "expected"),
    [
        ("heading", {"text": " A & B ", "anchor": "no"}, "A & B"),
        ("rich_text", {"html": "<p>a &amp; <b>b</b></p><p>c</p>"}, "a & b\nc"),
        ("quote", {"text": "<p>x</p>", "attribution": "<i>y</i>", "cite": "https://no"}, "x\ny"),
        ("list", {"style": "ul", "items": ["a", "<b>b</b>", 3]}, "a\nb"),
        ("code", {"code": "if a < b: x()", "language": "python"}, "if a < b: x()"),
        ("table", {"rows": [["a", "<i>b</i>"], ["c"], "no"]}, "a\nb\nc"),
        ("image", {"src": "/no.png", "alt": "no", "caption": "<b>yes</b>"}, "yes"),
        ("gallery", {"images": [{"src": "/no", "caption": "a"}, {"caption": "b"}, None]}, "a\nb"),
        ("section", {"title": "t", "text": "<p>i</p>", "items": [{"heading": "h", "text": "x"}]}, "t\ni\nh\nx"),
        ("card", {"title": "t", "text": "x", "image_url": "/no", "image_alt": "no", "link_url": "/no"}, "t\nx"),
        ("button", {"label": "go", "url": "/no", "style": "primary"}, "go"),
        ("embed", {"url": "https://no", "title": "no", "caption": "yes"}, "yes"),
        ("raw_html", {"html": "<p>yes</p><script>no</script>"}, "yes"),
        ("page_list", {"title": "yes", "under": "/no", "tags": ["no"]}, "yes"),
        ("heading", {"text": 3}, ""),
        ("heading", None, ""),
        ("nobody_knows", {"text": "x"}, ""),
    ],
)
def test_block_text(block_type: str, props: Any, expected: str) -> None:
    assert block_text({"type": block_type, "props": props}) == expected


def test_a_host_block_needs_to_say_nothing() -> None:
    class Item(BlockPart):
        name: str
        parts: list[Item] = []

    class HostBlock(Block):
        title: str
        body: RichText | None = None
        link: Url = ""
        code: Annotated[str, Field(pattern="^x")] = "x"
        items: list[Item] = []
        notes: list[Annotated[InlineText, Field(max_length=5)]] = []
        hidden: Annotated[str, Field(json_schema_extra={"x-text": False})] = ""

        class Meta:
            type = "host_text"

    props = {
        "title": "t",
        "body": "<p>b</p>",
        "link": "/no",
        "code": "xno",
        "items": [{"name": "i", "parts": []}],
        "notes": ["n"],
        "hidden": "no",
    }
    with blocks.temporarily(HostBlock):
        assert block_text({"type": "host_text", "props": props}) == "t\nb\ni\nn"


def test_a_host_block_may_say_it_itself() -> None:
    class SpokenBlock(Block):
        title: str = ""

        @classmethod
        def plain_text(cls, props: Mapping[str, Any]) -> str:
            return f"spoken {props.get('title')}"

    with blocks.temporarily(SpokenBlock):
        assert block_text({"type": "spoken", "props": {"title": "x"}}) == "spoken x"


def test_headings() -> None:
    assert block_heading({"type": "heading", "props": {"text": "x", "level": "3"}}) == (3, "x")
    assert block_heading({"type": "heading", "props": {"text": "x", "level": "many"}}) == (2, "x")
    assert block_heading({"type": "section", "props": {"title": "x"}}) == (2, "x")
    assert block_heading({"type": "hero", "props": {"heading": "x", "level": 1}}) == (1, "x")
    assert block_heading({"type": "heading", "props": {}}) is None
    assert block_heading({"type": "rich_text", "props": {"html": "<h2>x</h2>"}}) is None


def test_a_document_reads_in_order() -> None:
    document = Document(
        [
            {"id": "a", "type": "section", "props": {"title": "One"}, "children": [{"id": "b", "type": "rich_text", "props": {"html": "<p>two</p>"}}]},
            {"id": "c", "type": "heading", "props": {"text": "Three"}},
        ]
    )  # fmt: skip
    assert document.text() == "One\ntwo\nThree"
    assert document.headings() == [(2, "One", "a"), (2, "Three", "c")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(blocks)), st.data())
def test_no_props_break_it(block_type: str, data: st.DataObject) -> None:
    names = sorted(blocks[block_type].model_fields) or ["x"]
    props = data.draw(st.dictionaries(st.sampled_from(names), JSON))
    assert isinstance(block_text({"type": block_type, "props": props}), str)
    block_heading({"type": block_type, "props": props})
