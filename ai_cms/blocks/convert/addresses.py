"""Bare web addresses in Markdown as links, by the rules of GitHub's: they end before white space and closing marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

__all__ = ["link_addresses"]

_ADDRESS = re.compile(r"(?<![\w/])(?:https?://|www\.)[\w-]+(?:\.[\w-]+)+[^\s<>\"`]*", re.IGNORECASE)
_TRAILING = "?!.,:*_~'\";"
_BRACKETS = {")": "(", "]": "["}
_OPENS, _CLOSES = re.compile(r"<a[\s>]", re.IGNORECASE), re.compile(r"</a\s*>", re.IGNORECASE)


def link_addresses(tokens: Sequence[Token]) -> None:
    """Put links around the bare addresses in the texts of ``tokens``; texts of links stay."""
    for token in tokens:
        if token.type != "inline" or not token.children or not _ADDRESS.search(token.content):
            continue
        depth = 0
        children: list[Token] = []
        for child in token.children:
            depth += child.type == "link_open" or (child.type == "html_inline" and bool(_OPENS.match(child.content)))
            depth -= child.type == "link_close" or (child.type == "html_inline" and bool(_CLOSES.match(child.content)))
            children += [child] if child.type != "text" or depth > 0 else _linked(child)
        token.children = children


def _linked(token: Token) -> Iterator[Token]:
    text, position = token.content, 0
    for match in _ADDRESS.finditer(text):
        address = _without_marks(match[0])
        yield _text(token, text[position : match.start()])
        href = address if address.lower().startswith("http") else f"http://{address}"
        opening = Token("link_open", "a", 1, attrs={"href": unescapeAll(href)}, level=token.level)
        yield from (opening, _text(token, address), Token("link_close", "a", -1, level=token.level))
        position = match.start() + len(address)
    yield _text(token, text[position:])


def _text(token: Token, content: str) -> Token:
    return token.copy(content=content)


def _without_marks(address: str) -> str:
    """Return an address without what ends a sentence, and without a bracket that was opened before it."""
    unopened = {mark: address.count(mark) - address.count(opening) for mark, opening in _BRACKETS.items()}
    end = len(address)
    while end and (address[end - 1] in _TRAILING or unopened.get(address[end - 1], 0) > 0):
        if address[end - 1] in unopened:
            unopened[address[end - 1]] -= 1
        end -= 1
    return address[:end]
