"""Blocks of older versions, made current when a document is read.

A block's ``v`` says by which version of its class the props were written; a missing ``v`` is version 1. Steps run when
:attr:`Document.blocks` is first read and write nothing; ``manage.py upgrade_blocks`` stores the result. A block of a
*newer* version than its class (written before a rollback) is treated like one of an unknown type: kept, never rendered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ...core.jsontypes import JsonObject
from ..types.base import Block
from ..types.registry import BlockRegistry, blocks

__all__ = ["block_version", "is_known", "upgrade_block", "upgrade_blocks"]

logger = logging.getLogger(__name__)


def block_version(block: JsonObject) -> int:
    """Return a block's version; 1 if it has none or nonsense."""
    version = block.get("v")
    return version if isinstance(version, int) and not isinstance(version, bool) and version > 0 else 1


def is_known(block: JsonObject, registry: BlockRegistry = blocks) -> bool:
    """Return whether the block's type is registered, in a version that is not newer than the class."""
    block_type = block.get("type")
    block_class = registry.get(block_type) if isinstance(block_type, str) else None
    return block_class is not None and block_version(block) <= block_class.block_meta.version


#: Asked about props that steps have made; what it refuses stays as it was.
Judge = Callable[[JsonObject, type[Block], JsonObject], bool]


def upgrade_blocks(
    siblings: list[JsonObject], registry: BlockRegistry = blocks, judge: Judge | None = None
) -> list[JsonObject]:
    """Return the blocks in their current versions: the same list if nothing is old, else what changed is copied.

    ``judge``: called with a block, its class and its new props; where it returns ``False`` the block stays as it is.
    """
    if not registry.has_versions:
        return siblings
    result = None
    for index, block in enumerate(siblings):
        current = upgrade_block(block, registry, judge) if isinstance(block, dict) else block
        if current is not block:
            if result is None:
                result = list(siblings)
            result[index] = current
    return siblings if result is None else result


def upgrade_block(block: JsonObject, registry: BlockRegistry = blocks, judge: Judge | None = None) -> JsonObject:
    """Return one block and those inside it in their current versions.

    A block whose step raises stays as it is, is logged, and is reported by ``check_blocks``.
    """
    children = block.get("children")
    current = block
    if isinstance(children, list) and children:
        upgraded = upgrade_blocks(children, registry, judge)
        if upgraded is not children:
            current = {**block, "children": upgraded}
    block_type = block.get("type")
    block_class = registry.get(block_type) if isinstance(block_type, str) else None
    version = block_version(block)
    if block_class is None or version >= block_class.block_meta.version:
        return current
    try:
        props = block_class.upgrade(dict(block.get("props") or {}), version)
    except Exception:
        # Steps are host code; one that fails on one block must not make the whole document unreadable.
        logger.exception("Upgrading block %s (%s, version %s) failed", block.get("id"), block_type, version)
        return current
    if judge is not None and not judge(block, block_class, props):
        return current
    return {**current, "props": props, "v": block_class.block_meta.version}
