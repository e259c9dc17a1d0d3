"""What an author of a Python client writes; mypy --strict must accept it."""

from __future__ import annotations

from client.models.content import Content
from client.models.heading_block import HeadingBlock
from client.models.heading_node import HeadingNode
from client.models.insert_operation import InsertOperation
from client.models.published_heading_node import PublishedHeadingNode
from client.types import UNSET

node = HeadingNode(type_="heading", props=HeadingBlock(text="Bread"))
assert node.to_dict() == {"type": "heading", "props": {"text": "Bread"}}
operation = InsertOperation(op="insert", block=node)
assert operation.to_dict()["block"] == node.to_dict()


def headings(content: Content) -> list[str]:
    return [block.props.text for block in content.content_json if isinstance(block, PublishedHeadingNode)]


read = PublishedHeadingNode.from_dict({"id": "a", "type": "heading", "v": 1, "props": {"text": "Bread"}})
assert read.props.text == "Bread"
assert read.props.level is UNSET
