"""The data of a document: a list of blocks, read and walked. What its blocks mean is known further up.

Nothing here changes a document; :mod:`ai_cms.blocks.documents.operations` makes new ones, which share what did not
change with the old.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from pydantic_core import PydanticSerializationError, from_json, to_json

from ...core.jsontypes import JsonObject
from ..exceptions import BlockError, InvalidDocument
from .upgrade import upgrade_blocks

__all__ = ["BlockTree", "Walked", "is_block_id", "new_block_id", "same_json"]

_ID = re.compile(r"(?!.*--)[a-z0-9-]{1,64}")


class Walked(NamedTuple):
    """A block and where it stands; ``depth`` is 0 at the root, ``loc`` is the path in errors."""

    block: JsonObject
    parent: JsonObject | None
    index: int  # type: ignore[assignment]
    depth: int
    loc: tuple[str, ...]


def is_block_id(value: object) -> bool:
    """Return whether ``value`` can be the id of a block. Ids stand in HTML comments, hence no ``--``."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def new_block_id(block_type: str = "") -> str:
    """Return a fresh id that starts with a letter, so that it serves as an anchor and a CSS selector too."""
    first = block_type[:1]
    return (first if "a" <= first <= "z" else "b") + secrets.token_hex(8)


def same_json(a: Any, b: Any) -> bool:
    """Compare JSON values; unlike ``==``, ``1``, ``1.0`` and ``true`` differ."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(key in b and same_json(value, b[key]) for key, value in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same_json, a, b))
    return bool(a == b)


class BlockTree:
    """Wrap the raw list of a document: what :class:`~ai_cms.blocks.documents.document.Document` is without its rules.

    Blocks of an older version are upgraded when :attr:`blocks` is first read; ``raw`` stays what was given. A value
    that is not a list counts as an empty document.
    """

    __slots__ = ("_blocks", "_nodes", "_parents", "_text", "raw")

    def __init__(self, raw: object = None) -> None:
        if isinstance(raw, BlockTree):
            raw = raw.raw
        self.raw: Any = [] if raw is None else raw
        self._blocks: list[JsonObject] | None = None
        self._nodes: dict[str, JsonObject] | None = None
        self._parents: dict[str, str | None] | None = None
        self._text: str | None = None

    @classmethod
    def empty(cls) -> Self:
        """Return a document without blocks."""
        return cls([])

    @classmethod
    def loads(cls, data: str | bytes) -> Self:
        """Return the document of a JSON text. Raises InvalidDocument if it is not one."""
        try:
            return cls(from_json(data, allow_inf_nan=False))
        except (ValueError, RecursionError) as error:
            raise InvalidDocument(BlockError([], "json_invalid", f"This is not valid JSON: {error}")) from None

    @property
    def blocks(self) -> list[JsonObject]:
        """The raw blocks at the root, upgraded to the current versions. Not to be changed in place."""
        if self._blocks is None:
            self._blocks = self._current()
        return self._blocks

    @property
    def is_upgraded(self) -> bool:
        """Whether reading changed anything, so that storing the document would write newer blocks."""
        return self.blocks is not self.raw and isinstance(self.raw, list)

    def _current(self) -> list[JsonObject]:
        if not isinstance(self.raw, list):
            return []
        return upgrade_blocks(self.raw)

    # Reading

    def walk(self) -> Iterator[Walked]:
        """Yield every block, parents before their children, in the order of the page."""
        stack: list[Iterator[Walked]] = [_level(self.blocks, None, 0, ())]
        while stack:
            for walked in stack[-1]:
                yield walked
                children = walked.block.get("children")
                if isinstance(children, list) and children:
                    stack.append(_level(children, walked.block, walked.depth + 1, (*walked.loc, "children")))
                    break
            else:
                stack.pop()

    def find(self, block_id: str) -> JsonObject | None:
        """Return the block with an id, or ``None``."""
        return self.index()[0].get(block_id)

    def parent_of(self, block_id: str) -> JsonObject | None:
        """Return the block around the one with an id; ``None`` at the root. Raises KeyError for an unknown id."""
        nodes, parents = self.index()
        parent = parents[block_id]
        return None if parent is None else nodes[parent]

    def ids(self) -> set[str]:
        """Return the ids of all blocks."""
        return set(self.index()[0])

    def types(self) -> set[str]:
        """Return the types that occur."""
        return {walked.block.get("type", "") for walked in self.walk()}

    def index(self) -> tuple[dict[str, JsonObject], dict[str, str | None]]:
        """Return the blocks by id and the parent's id by id (``None`` at the root). Not to be changed."""
        if self._nodes is None or self._parents is None:
            self._nodes, self._parents = {}, {}
            _collect(self.blocks, None, self._nodes, self._parents)
        return self._nodes, self._parents

    # Writing

    def to_json(self) -> list[JsonObject]:
        """Return the blocks as JSON values. Shared with the document: not to be changed in place."""
        return self.blocks

    def dumps(self) -> str:
        """Return the document as compact JSON text. Raises InvalidDocument for what JSON cannot hold."""
        if self._text is None:
            try:
                self._text = to_json(self.blocks).decode()
            except (PydanticSerializationError, UnicodeEncodeError, ValueError, RecursionError):
                raise InvalidDocument(
                    BlockError([], "not_json", "The document holds something that JSON cannot hold.")
                ) from None
        return self._text

    def dump_bytes(self) -> bytes:
        """Return the document as UTF-8 encoded compact JSON."""
        return self.dumps().encode()

    # As a value

    def __len__(self) -> int:
        return sum(1 for _ in self.walk())

    def __bool__(self) -> bool:
        return bool(self.blocks)

    def __contains__(self, block_id: object) -> bool:
        return block_id in self.index()[0]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, BlockTree):
            return self.blocks == other.blocks and type(self.raw) is type(other.raw)
        if isinstance(other, list):
            return isinstance(self.raw, list) and self.blocks == other
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} blocks>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # A value is its own copy; model instances are deep-copied by tests and forms.
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.raw,))


def _level(siblings: list[JsonObject], parent: JsonObject | None, depth: int, loc: tuple[str, ...]) -> Iterator[Walked]:
    for index, block in enumerate(siblings):
        if isinstance(block, dict):
            yield Walked(block, parent, index, depth, (*loc, str(index)))


def _collect(
    siblings: list[JsonObject], parent: str | None, nodes: dict[str, JsonObject], parents: dict[str, str | None]
) -> None:
    """Fill the index; of blocks that share an id, the first counts."""
    todo = [(siblings, parent)]
    while todo:
        siblings, parent = todo.pop()
        for block in siblings:
            if not isinstance(block, dict):
                continue
            block_id = block.get("id")
            if isinstance(block_id, str) and block_id not in nodes:
                nodes[block_id] = block
                parents[block_id] = parent
            children = block.get("children")
            if isinstance(children, list) and children:
                todo.append((children, block_id if isinstance(block_id, str) else parent))
