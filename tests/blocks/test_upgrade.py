"""Blocks of older and newer versions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from ai_cms.blocks import Block, Document, apply_operations, blocks, render_blocks
from ai_cms.blocks.documents.upgrade import block_version, is_known


def _fail(props: dict[str, Any]) -> dict[str, Any]:
    return {"colour": props["color"]}


class PotBlock(Block):
    colour: str
    size: int = 1

    upgrades = {1: _fail, 2: lambda props: {**props, "size": 3}}

    class Meta:
        version = 3
        allowed_children = "*"


@pytest.fixture(autouse=True)
def pot() -> Iterator[None]:
    with blocks.temporarily(PotBlock):
        yield


def test_steps_run_when_blocks_are_read_and_change_nothing_given() -> None:
    raw = [
        {"id": "o", "type": "pot", "v": 1, "props": {"color": "red"}},
        {"id": "n", "type": "pot", "v": 3, "props": {}},
    ]
    document = Document(raw)
    assert document.blocks[0] == {"id": "o", "type": "pot", "v": 3, "props": {"colour": "red", "size": 3}}
    assert document.blocks[1] is raw[1]
    assert raw[0]["v"] == 1
    assert document.is_upgraded
    assert document.raw is raw


def test_no_version_is_the_first() -> None:
    assert Document([{"type": "pot", "props": {"color": "red"}}]).blocks[0]["v"] == 3


def test_inside_others() -> None:
    inner = {"id": "i", "type": "pot", "v": 2, "props": {"colour": "x"}}
    document = Document([{"id": "s", "type": "section", "v": 1, "children": [inner]}])
    assert document.blocks[0]["children"][0]["props"]["size"] == 3
    updated = apply_operations(document, [{"op": "update", "id": "i", "props": {"size": 9}}]).document
    assert updated.blocks[0]["children"][0]["props"] == {"colour": "x", "size": 9}


def test_current_documents_are_not_copied() -> None:
    raw = [{"id": "n", "type": "pot", "v": 3, "props": {}, "children": [{"type": "heading", "v": 1}]}]
    assert Document(raw).blocks is raw
    assert not Document(raw).is_upgraded


def test_a_step_that_raises_leaves_the_block(caplog: pytest.LogCaptureFixture) -> None:
    raw = [{"id": "o", "type": "pot", "v": 1, "props": {}}]
    with caplog.at_level(logging.ERROR):
        document = Document(raw)
        assert document.blocks is raw
    assert "Upgrading block o" in caplog.text
    assert [error.type for error in document.validate()] == ["upgrade_failed"]


def test_a_newer_version_is_treated_as_unknown() -> None:
    block = {"id": "f", "type": "pot", "v": 4, "props": {"future": 1}}
    assert not is_known(block)
    assert render_blocks([block]) == ""
    assert Document([block]).blocks == [block]


@pytest.mark.parametrize(("value", "version"), [(3, 3), (None, 1), ("2", 1), (True, 1), (0, 1), (-1, 1)])
def test_versions(value: object, version: int) -> None:
    assert block_version({"v": value}) == version
