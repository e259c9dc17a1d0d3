"""Cut a long text between its sentences; where one is too long by itself, between its words, and never within a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["split_text"]

#: Ends of lines and sentences; scripts without spaces have signs of their own.
_END = re.compile(r"\n+|(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？｡])(?=[^。！？｡」』）\s])|(?<=[।॥؟۔])\s*")
_SPACE = re.compile(r"\s+")


def split_text(text: str, most: int) -> list[str]:
    """Return ``text`` in parts of at most ``most`` characters, longer only where one word is.

    Nothing is lost but the space between parts; a text that is short enough comes back whole.
    """
    if len(text) <= most:
        return [text] if text.strip() else []
    return [part for part in _packed(_pieces(text, most), most) if part]


def _pieces(text: str, most: int) -> Iterator[str]:
    """Yield sentences, and words of those that are too long, each with what stands behind it."""
    for sentence in _cut(_END, text):
        if len(sentence.strip()) <= most:
            yield sentence
        else:
            yield from _cut(_SPACE, sentence)


def _cut(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    start = 0
    for found in pattern.finditer(text):
        if found.end() > start:
            yield text[start : found.end()]
            start = found.end()
    if start < len(text):
        yield text[start:]


def _packed(pieces: Iterable[str], most: int) -> Iterator[str]:
    part = ""
    for piece in pieces:
        if part and len((part + piece).strip()) > most:
            yield part.strip()
            part = ""
        part += piece
    yield part.strip()
