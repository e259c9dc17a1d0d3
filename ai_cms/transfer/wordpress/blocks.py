"""The block comments of WordPress content as a tree; malformed ones never raise.

``<!-- wp:heading {"level":3} --><h3>…</h3><!-- /wp:heading -->`` is an element with a name, attributes and content,
which is text (HTML) and further blocks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ai_cms.blocks.convert.result import ConversionWarning
from ai_cms.core.jsontypes import JsonObject

__all__ = ["Piece", "WPBlock", "parse_wordpress_blocks"]

#: Blocks nested deeper are taken as if they stood beside each other.
MAX_DEPTH = 12

_DELIMITER = re.compile(r"<!--\s*(?P<closing>/)?wp:(?P<rest>(?:(?!-->|<!--).)*?)(?P<void>/)?\s*-->", re.DOTALL)
_NAME = re.compile(r"(?:(?P<namespace>[a-z][a-z0-9_-]*)/)?(?P<name>[a-z][a-z0-9_-]*)\s*", re.IGNORECASE)
# What is left of a delimiter that was never finished.
_REMAINS = re.compile(r"<!--\s*/?wp:[^\s<>]*\s*(?:\{[^<>]*\}?\s*)?/?-{0,2}>?")
# These hold text, never another block: a new one ends them.
_LEAVES = frozenset({"paragraph", "heading", "image", "code", "preformatted", "verse", "separator", "spacer", "audio"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Text between blocks, with the line it begins on."""

    html: str
    line: int


@dataclass(slots=True)
class WPBlock:
    """One block. ``name``: without ``core/``. ``line``: of its opening comment."""

    name: str
    attrs: JsonObject
    line: int
    content: list[Piece | WPBlock] = field(default_factory=list)

    @property
    def blocks(self) -> list[WPBlock]:
        """The blocks directly inside."""
        return [item for item in self.content if isinstance(item, WPBlock)]

    @property
    def html(self) -> str:
        """All text inside, that of inner blocks included, without comments."""
        return "".join(item.html for item in self.content)

    def text(self, name: str) -> str:
        """Return an attribute that should be text; "" if it is none."""
        value = self.attrs.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        """Return an attribute that should be a whole number; ``None`` if it is none."""
        value = self.attrs.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def parse_wordpress_blocks(content: str, warnings: list[ConversionWarning]) -> list[Piece | WPBlock]:
    """Return the pieces and blocks of ``content`` in order; what is wrong with the comments goes to ``warnings``."""
    root = WPBlock("", {}, 1)
    stack = [root]
    position, line = 0, 1

    def add_text(html: str, at: int) -> None:
        cleaned = _REMAINS.sub("", html)
        if cleaned != html:
            warnings.append(ConversionWarning(at, "An unfinished block comment was left out."))
        if cleaned:
            stack[-1].content.append(Piece(cleaned, at))

    for match in _delimiters(content):
        add_text(content[position : match.start()], line)
        line += content.count("\n", position, match.start())
        at = line
        line += content.count("\n", match.start(), match.end())
        position = match.end()
        named = _NAME.match(match["rest"])
        if named is None:
            warnings.append(ConversionWarning(at, "A block comment without a name was left out."))
            continue
        namespace = (named["namespace"] or "core").lower()
        name = named["name"].lower() if namespace == "core" else f"{namespace}/{named['name'].lower()}"
        if match["closing"]:
            _close(stack, name, at, warnings)
            continue
        block = WPBlock(name, _attributes(match["rest"][named.end() :], name, at, warnings), at)
        if stack[-1].name in _LEAVES:
            warnings.append(ConversionWarning(at, f"The block “{stack[-1].name}” before this line has no end."))
            stack.pop()
        stack[-1].content.append(block)
        if not match["void"]:
            if len(stack) > MAX_DEPTH:
                # Its content and its end are taken for those of the block around it.
                continue
            stack.append(block)
    add_text(content[position:], line)
    for block in stack[1:]:
        warnings.append(ConversionWarning(block.line, f"The block “{block.name}” has no end."))
    return root.content


def _delimiters(content: str) -> Iterator[re.Match[str]]:
    # Without a single end there is nothing to find, and the search would look for it from every beginning.
    last_end = content.rfind("-->")
    return _DELIMITER.finditer(content, 0, last_end + 3) if last_end >= 0 else iter(())


def _close(stack: list[WPBlock], name: str, line: int, warnings: list[ConversionWarning]) -> None:
    for index in range(len(stack) - 1, 0, -1):
        if stack[index].name == name:
            for block in stack[index + 1 :]:
                warnings.append(ConversionWarning(block.line, f"The block “{block.name}” has no end."))
            del stack[index:]
            return
    if len(stack) <= MAX_DEPTH:
        warnings.append(ConversionWarning(line, f"The end of a block “{name}” that never began was left out."))


def _attributes(text: str, name: str, line: int, warnings: list[ConversionWarning]) -> JsonObject:
    text = text.strip()
    if not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        warnings.append(ConversionWarning(line, f"The attributes of the block “{name}” cannot be read."))
        return {}
    return value
