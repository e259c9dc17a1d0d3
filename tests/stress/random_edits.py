"""Random documents of many kinds of blocks, and edits that fit them; every text typed is a word of its own."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.exceptions import InvalidOperation

__all__ = ["Author", "random_document", "same_content", "words_of"]

#: What is typed: who, and a number that nobody else has.
_WORD = re.compile(r"(?:base|mine|theirs)[0-9]+x")
_LEAVES = ("heading", "rich_text", "quote", "list", "code", "table", "button", "call_to_action")
_CONTAINERS = ("section", "columns", "accordion", "hero", "cards")
_INNER = {"columns": "column", "accordion": "accordion_item", "hero": "button", "cards": "card"}


def words_of(value: Any, who: str = "") -> set[str]:
    """Return the words that ``who`` (default: anybody) has typed, of a document or of any JSON value."""
    text = value.dumps() if isinstance(value, Document) else json.dumps(value)
    return {word for word in _WORD.findall(text) if word.startswith(who)}


def same_content(one: Document, other: Document) -> bool:
    """Return whether two documents hold the same, ids and who wrote it apart."""
    return _essence(one.blocks) == _essence(other.blocks)


def _essence(blocks: list[dict[str, Any]]) -> list[Any]:
    return [(block["type"], block["props"], _hints(block), _essence(block.get("children") or [])) for block in blocks]


def _hints(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (block.get("meta") or {}).items() if key != "provenance"}


class Author:
    """Somebody who writes; what ``name`` types can be told from what others do."""

    def __init__(self, name: str, dice: random.Random) -> None:
        self.name = name
        self.dice = dice
        self.typed = 0

    def word(self) -> str:
        self.typed += 1
        return f"{self.name}{self.typed}x"

    def props(self, kind: str) -> dict[str, Any]:
        """Return props of a block of ``kind``, with one to three new words."""
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "heading": lambda: {"text": self.word(), "level": self.dice.randint(1, 4)},
            "rich_text": lambda: {"html": f"<p>{self.word()} <strong>{self.word()}</strong></p>"},
            "quote": lambda: {"text": f"<p>{self.word()}</p>", "attribution": self.word()},
            "list": lambda: {"items": [self.word() for _ in range(self.dice.randint(1, 3))]},
            "code": lambda: {"code": f"print('{self.word()}')"},
            "table": lambda: {"rows": [[self.word(), self.word()], [self.word()]]},
            "button": lambda: {"label": self.word(), "url": "/"},
            "call_to_action": lambda: {"title": self.word(), "button_label": self.word(), "button_url": "/"},
            "section": lambda: {"title": self.word(), "text": f"<p>{self.word()}</p>"},
            "hero": lambda: {"heading": self.word()},
            "card": lambda: {"title": self.word()},
            "accordion_item": lambda: {"title": self.word()},
        }
        return makers[kind]() if kind in makers else {}

    def block(self, kind: str, depth: int = 0) -> dict[str, Any]:
        """Return a block of ``kind``, with children where it takes some."""
        made: dict[str, Any] = {"type": kind, "props": self.props(kind)}
        # Two people choose the same id now and then.
        made["id"] = (
            f"new{self.dice.randint(0, 40)}" if self.dice.random() < 0.4 else f"{self.name}-{self.typed}-{depth}"
        )
        if kind in _INNER:
            made["children"] = [self.block(_INNER[kind], depth + 1) for _ in range(self.dice.randint(1, 3))]
        elif kind in ("section", "column", "accordion_item") and depth < 3:
            made["children"] = [
                self.block(self.dice.choice(_LEAVES), depth + 1) for _ in range(self.dice.randint(0, 2))
            ]
        return made

    def edit(self, document: Document, most: int = 5) -> tuple[list[dict[str, Any]], Document]:
        """Return one to ``most`` operations that ``document`` takes, and what they make of it."""
        made: list[dict[str, Any]] = []
        for _ in range(self.dice.randint(1, most)):
            for _attempt in range(20):
                operation = self._operation(document)
                try:
                    document = apply_operations(document, parse_operations([operation])).document
                except InvalidOperation:
                    continue
                made.append(operation)
                break
        if not made:
            made = [{"op": "insert", "block": {"id": f"last{self.typed}", **self.block("heading")}}]
            document = apply_operations(document, parse_operations(made)).document
        return made, document

    def _operation(self, document: Document) -> dict[str, Any]:
        nodes, _parents = document.index()
        target = self.dice.choice([*nodes]) if nodes else ""
        kind = self.dice.choices(["update", "insert", "move", "remove", "meta"], [30, 25, 25, 14, 6])[0]
        if kind == "update" and target:
            operation: dict[str, Any] = {"op": "update", "id": target, "props": self.props(nodes[target]["type"])}
            if self.dice.random() < 0.2:
                operation["replace"] = True
            if self.dice.random() < 0.1:
                operation["meta"] = {"placeholder": self.word()}
            return operation
        if kind == "meta" and target:
            meta = self.dice.choice([{}, {"locked": True}, {"placeholder": self.word()}])
            return {"op": "update", "id": target, "meta": meta}
        if kind == "remove" and target:
            return {"op": "remove", "id": target}
        parent = self.dice.choice([name for name, block in nodes.items() if "children" in block] or [""])
        place: dict[str, Any] = {}
        siblings = document.blocks
        if parent and self.dice.random() < 0.6:
            place["parent"], siblings = parent, nodes[parent]["children"]
        chance = self.dice.random()
        if chance < 0.55 and siblings:
            place[self.dice.choice(["after", "before"])] = self.dice.choice(siblings)["id"]
        elif chance < 0.75:
            place["after"] = None
        if kind == "move" and target:
            return {"op": "move", "id": target, **place}
        inside = nodes[parent]["type"] if "parent" in place else ""
        chosen = _INNER.get(inside) or self.dice.choice([*_LEAVES, *_LEAVES, *_CONTAINERS])
        return {"op": "insert", "block": self.block(chosen), **place}


def random_document(dice: random.Random) -> Document:
    """Return a document of 2 to 7 blocks at the root, containers and what is in them among these."""
    author = Author("base", dice)
    kinds = [dice.choice([*_LEAVES, *_CONTAINERS, "section"]) for _ in range(dice.randint(2, 7))]
    blocks = [author.block(kind) for kind in kinds]
    _name(blocks, "b")
    return prepare_document(blocks)


def _name(blocks: list[dict[str, Any]], prefix: str) -> None:
    for number, block in enumerate(blocks):
        block["id"] = f"{prefix}{number}"
        _name(block.get("children") or [], f"{prefix}{number}-")
