"""The rules that hold in drafts too: ids, types, places, and how large a document may be.

Structural, always refused: a block that is no object or lacks a type, bad or repeated ids, a type that is unknown or
not allowed here, a child or parent the other side does not allow, more children than ``max_children``, nesting, number
and size over the limits, text no database can store. Not structural, reported like a field error and refused at
publish: the props of a block, and fewer children than ``min_children`` (a new container starts empty).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonObject

from ..conf import blocks_settings
from ..exceptions import BlockError, InvalidDocument
from ..types.registry import BlockRegistry, blocks
from ..types.text import FORBIDDEN_CHARACTERS
from .tree import BlockTree, is_block_id
from .upgrade import is_known

__all__ = ["Allowed", "limit_errors", "nesting_error", "structure_errors", "value_error"]

#: How deep lists and objects may be nested inside one block's props.
MAX_VALUE_DEPTH = 32


class Allowed:
    """Which types a field admits.

    ``types``: ``None`` for all. A type that names its parents (``column`` in ``columns``) goes wherever a parent of it
    is admitted, so that a field need not list it.
    """

    def __init__(self, types: Iterable[str] | Allowed | None, registry: BlockRegistry = blocks) -> None:
        self.registry = registry
        self.types: frozenset[str] | None
        if types is None or isinstance(types, Allowed):
            self.types = types.types if types is not None else None
        else:
            self.types = frozenset(types)

    def __contains__(self, block_type: object) -> bool:
        if self.types is None or block_type in self.types:
            return True
        block_class = self.registry.get(block_type) if isinstance(block_type, str) else None
        parents = (block_class.block_meta.allowed_parents if block_class else None) or ()
        return "" not in parents and any(parent in self.types for parent in parents)


def nesting_error(
    block_type: str, parent_type: str, loc: Iterable[str], registry: BlockRegistry = blocks
) -> BlockError | None:
    """Return what is wrong with a block standing in a parent (``""``: the root); unknown types have no rules."""
    block_class = registry.get(block_type)
    parent_class = registry.get(parent_type) if parent_type else None
    if parent_class is not None:
        allowed = parent_class.block_meta.allowed_children
        if allowed is None:
            return BlockError(
                list(loc),
                "children_forbidden",
                _("%(parent)s cannot have blocks inside.") % {"parent": _name(parent_type)},
            )
        if allowed != "*" and block_type not in allowed:
            return BlockError(
                list(loc),
                "child_forbidden",
                _("%(block)s is not allowed inside %(parent)s.")
                % {"block": _name(block_type), "parent": _name(parent_type)},
            )
    parents = block_class.block_meta.allowed_parents if block_class is not None else None
    if parents is None or parent_type in parents:
        return None
    # What stands for a page holds what pages hold, but no pages.
    is_page = block_class is not None and block_class.block_meta.as_root
    if "" in parents and not is_page and parent_class is not None and parent_class.block_meta.as_root:
        return None
    places = ", ".join(_name(item) if item else "the page" for item in parents) or "nothing"
    return BlockError(
        list(loc),
        "parent_forbidden",
        _("%(block)s is only allowed inside %(places)s.") % {"block": _name(block_type), "places": places},
    )


def too_many_children(
    parent_type: str, count: int, loc: Iterable[str], registry: BlockRegistry = blocks
) -> BlockError | None:
    """Return an error if a block of ``parent_type`` cannot have ``count`` children."""
    parent_class = registry.get(parent_type)
    most = parent_class.block_meta.max_children if parent_class else None
    if most is None or count <= most:
        return None
    return BlockError(
        list(loc),
        "too_many_children",
        _("%(parent)s can have at most %(most)s blocks inside.") % {"parent": _name(parent_type), "most": most},
    )


def value_error(value: object, loc: Iterable[str], depth: int = 0) -> BlockError | None:
    """Return the first thing in a JSON value that cannot be stored: control characters, NaN, nesting, foreign types."""
    steps = tuple(loc)
    if isinstance(value, str):
        if not value.isprintable() and (found := FORBIDDEN_CHARACTERS.search(value)):
            code = f"U+{ord(found.group()):04X}"
            return BlockError(
                list(steps), "forbidden_character", _("The character %(code)s is not allowed in text.") % {"code": code}
            )
        return None
    if value is None or isinstance(value, bool | int):
        return None
    if isinstance(value, float):
        return (
            None if math.isfinite(value) else BlockError(list(steps), "finite_number", _("The number is not finite."))
        )
    if not isinstance(value, dict | list):
        return BlockError(
            list(steps), "not_json", _("A %(kind)s cannot be stored as JSON.") % {"kind": type(value).__name__}
        )
    if depth >= MAX_VALUE_DEPTH:
        return BlockError(
            list(steps), "too_deep", _("Values can be nested at most %(most)s deep.") % {"most": MAX_VALUE_DEPTH}
        )
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(value, dict):
            if not isinstance(key, str):
                return BlockError(list(steps), "not_json", _("Keys must be text."))
            if (error := value_error(key, steps, depth + 1)) is not None:
                return error
        if (error := value_error(item, (*steps, str(key)), depth + 1)) is not None:
            return error
    return None


def structure_errors(document: BlockTree, allowed: Iterable[str] | None = None) -> list[BlockError]:
    """Return every structural error of a document, limits included.

    ``allowed``: the types that are admitted, all if ``None``. Blocks of unknown types are no error here: they are kept
    from older times; only writing new ones is refused.
    """
    if not isinstance(document.raw, list):
        return [BlockError([], "list_type", _("A document is a list of blocks."))]
    errors: list[BlockError] = []
    admitted = Allowed(allowed)
    seen: set[str] = set()
    _shape_errors(document.blocks, (), errors)
    for walked in document.walk():
        block, loc = walked.block, walked.loc
        block_id, block_type = block.get("id"), block.get("type")
        if not isinstance(block_type, str) or not block_type:
            errors.append(BlockError([*loc, "type"], "missing", _("A block needs a type.")))
            continue
        if not isinstance(block_id, str) or not is_block_id(block_id):
            errors.append(BlockError([*loc, "id"], "bad_id", _("An id is 1 to 64 of a-z, 0-9 and -, without --.")))
        elif block_id in seen:
            errors.append(BlockError([*loc, "id"], "duplicate_id", _("The id %(id)s occurs twice.") % {"id": block_id}))
        else:
            seen.add(block_id)
        if block_type in blocks and block_type not in admitted:
            errors.append(
                BlockError(
                    [*loc, "type"], "type_forbidden", _("%(block)s is not allowed here.") % {"block": _name(block_type)}
                )
            )
        parent_type = "" if walked.parent is None else str(walked.parent.get("type", ""))
        if is_known(block) and (walked.parent is None or is_known(walked.parent)):
            error = nesting_error(block_type, parent_type, loc)
            if error is not None:
                errors.append(error)
        children = block.get("children")
        if isinstance(children, list) and (error := too_many_children(block_type, len(children), [*loc, "children"])):
            errors.append(error)
    if not errors:
        errors = limit_errors(document)
    return errors


def limit_errors(document: BlockTree, before: BlockTree | None = None) -> list[BlockError]:
    """Return which limits a document is over; not those that ``before`` was over just as far, so that it can shrink."""
    errors = []
    most, deepest = blocks_settings.DOCUMENT_MAX_BLOCKS, blocks_settings.DOCUMENT_MAX_DEPTH
    count, depth = _count_and_depth(document)
    if count > most and (before is None or count > len(before)):
        errors.append(
            BlockError(
                [],
                "too_many_blocks",
                _("A document can have at most %(most)s blocks; this has %(count)s.") % {"most": most, "count": count},
            )
        )
    if depth > deepest and (before is None or depth > _count_and_depth(before)[1]):
        errors.append(BlockError([], "too_deep", _("Blocks can be nested at most %(most)s deep.") % {"most": deepest}))
    if errors:
        return errors
    try:
        data = document.dump_bytes()
    except InvalidDocument as error:
        return list(error.block_errors)
    size, largest = len(data), blocks_settings.DOCUMENT_MAX_BYTES
    if size > largest and (before is None or size > len(before.dump_bytes())):
        errors.append(
            BlockError(
                [],
                "too_large",
                _("A document can have at most %(most)s bytes; this has %(size)s.") % {"most": largest, "size": size},
            )
        )
    return errors


def _count_and_depth(document: BlockTree) -> tuple[int, int]:
    count = depth = 0
    for walked in document.walk():
        count += 1
        depth = max(depth, walked.depth + 1)
    return count, depth


def _shape_errors(siblings: list[JsonObject], loc: tuple[str, ...], errors: list[BlockError]) -> None:
    """Collect what :meth:`BlockTree.walk` steps over: things that are no blocks, children that are no lists."""
    todo: list[tuple[list[Any], tuple[str, ...]]] = [(siblings, loc)]
    while todo:
        siblings, loc = todo.pop()
        for index, block in enumerate(siblings):
            here = (*loc, str(index))
            if not isinstance(block, dict):
                errors.append(BlockError(list(here), "dict_type", _("A block is an object.")))
                continue
            if "props" in block and not isinstance(block["props"], dict):
                errors.append(BlockError([*here, "props"], "dict_type", _("The props of a block are an object.")))
            if "meta" in block and not isinstance(block["meta"], dict):
                errors.append(BlockError([*here, "meta"], "dict_type", _("The meta of a block is an object.")))
            children = block.get("children")
            if isinstance(children, list):
                todo.append((children, (*here, "children")))
            elif "children" in block:
                errors.append(BlockError([*here, "children"], "list_type", _("The children of a block are a list.")))


def _name(block_type: str) -> str:
    block_class = blocks.get(block_type)
    return f"“{block_class.block_meta.label}”" if block_class else f"“{block_type[:64]}”"
