"""Read blocks from JSON that is still being written."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from ..core.jsontypes import JsonObject
from ..core.permissions import Actor
from .mending import usable_blocks
from .surroundings import Addresses

__all__ = ["BlockReader"]


class BlockReader:
    """Take pieces of a draft's JSON and give out an insert operation for each block that is complete and valid.

    A block counts as complete when the next has begun or the list has ended. One that cannot be used is not shown.
    """

    def __init__(self, allowed: tuple[str, ...], actor: Actor, addresses: Addresses | None = None) -> None:
        self.allowed = allowed
        self.actor = actor
        self.addresses = addresses
        self.operations: list[JsonObject] = []
        self._text = ""
        self._seen = 0

    def feed(self, piece: str) -> list[JsonObject]:
        """Take the next piece; return the operations that it completed."""
        self._text += piece
        # A block cannot end without a closing brace: most pieces cost nothing.
        if "}" not in piece and "," not in piece and "]" not in piece:
            return []
        blocks, ended = self._blocks()
        complete = blocks if ended else blocks[:-1]
        made: list[JsonObject] = []
        for block in complete[self._seen :]:
            try:
                checked, _left_out = usable_blocks([block], self.allowed, self.actor, self.addresses)
            except ValueError:
                continue
            made.extend({"op": "insert", "block": found} for found in checked)
        self._seen = max(self._seen, len(complete))
        self.operations.extend(made)
        return made

    def _blocks(self) -> tuple[list[Any], bool]:
        start = self._text.find("{")
        if start < 0:
            return [], False
        try:
            value = from_json(self._text[start:], allow_partial=True)
        except ValueError:
            return [], False
        holder = value.get("result", value) if isinstance(value, dict) else {}
        blocks = holder.get("blocks") if isinstance(holder, dict) else None
        if not isinstance(blocks, list):
            return [], False
        # Any key after the list means that the list has ended.
        return blocks, list(holder)[-1] != "blocks" or self._text.rstrip().endswith("}]}")
