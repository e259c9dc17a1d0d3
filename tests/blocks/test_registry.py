"""The registry of block types."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from ai_cms.blocks import Block, BlockRegistry, blocks
from ai_cms.blocks.schema import catalogue
from ai_cms.core.exceptions import AlreadyRegistered, NotRegistered


class StoneBlock(Block):
    text: str = ""


class OtherStoneBlock(Block):
    class Meta:
        type = "stone"


def test_register_is_a_decorator_and_a_call() -> None:
    registry = BlockRegistry()
    assert registry.register(StoneBlock) is StoneBlock
    assert registry.register("stone", StoneBlock) is StoneBlock
    assert registry["stone"] is StoneBlock
    with pytest.raises(AlreadyRegistered):
        registry.register(OtherStoneBlock)
    assert registry.unregister(StoneBlock) is StoneBlock
    with pytest.raises(NotRegistered):
        registry.unregister("stone")


def test_only_concrete_blocks_can_be_registered() -> None:
    class BareBlock(Block):
        class Meta:
            abstract = True

    for wrong in (BareBlock, Block, str, "stone", None):
        with pytest.raises(ImproperlyConfigured):
            BlockRegistry().register(wrong)  # type: ignore[arg-type]


def test_temporarily_replaces_and_restores() -> None:
    before = blocks.items()
    with blocks.temporarily(StoneBlock), blocks.temporarily(OtherStoneBlock) as found:
        assert found is OtherStoneBlock
        assert blocks["stone"] is OtherStoneBlock
    assert blocks.items() == before


def test_what_is_derived_lasts_until_a_change() -> None:
    registry = BlockRegistry()
    calls: list[int] = []
    for _ in range(2):
        registry.derived("x", lambda: calls.append(1))
    assert calls == [1]
    registry.register(StoneBlock)
    registry.derived("x", lambda: calls.append(2))
    assert calls == [1, 2]


def test_a_copy_is_independent() -> None:
    registry = BlockRegistry()
    registry.register(StoneBlock)
    twin = registry.copy()
    twin.unregister("stone")
    assert "stone" in registry
    assert not twin.has_versions


def test_blocks_of_installed_apps_are_found() -> None:
    assert "host_notice" in blocks
    assert "heading" in blocks


def test_the_catalogue_is_in_registration_order() -> None:
    assert [entry["type"] for entry in catalogue()] == list(blocks)
    assert [entry["type"] for entry in catalogue(allowed=["columns"])] == ["columns", "column"]
