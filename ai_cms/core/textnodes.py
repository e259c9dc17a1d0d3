"""Long texts of HTML in several nodes: a serialiser that looks ahead for each sign it escapes is slow in one."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["ESCAPED_SIGNS", "divide_texts"]

#: Signs that are escaped, from which on a text is divided. Below, looking ahead costs nothing that can be felt.
ESCAPED_SIGNS = 2_000
#: Characters of a node.
_LENGTH = 4_000

#: The longest reference that is not cut in two, ``&CounterClockwiseContourIntegral;`` among them.
_REFERENCE = 40

_TAG = re.compile("(<[^>]*>)")


def divide_texts(html: str) -> str:
    """Return ``html`` with an empty comment after each :data:`_LENGTH` characters of a text that has much to escape.

    Args:
        html: Well-formed: ``>`` within attributes is escaped.

    ammonia 4 (nh3 0.3.8) writes a text with ``n`` ampersands or non-breaking spaces in time that grows with the square of
    ``n``. It drops comments, and what stood on both sides stays two nodes, which read as one.
    """
    if html.count("&") + html.count("\xa0") < ESCAPED_SIGNS:
        return html
    return "".join(piece if piece.startswith("<") else "<!---->".join(_parts(piece)) for piece in _TAG.split(html))


def _parts(text: str) -> Iterator[str]:
    """Cut ``text`` between characters or references."""
    start = 0
    while len(text) - start > _LENGTH:
        end = start + _LENGTH
        begun = text.rfind("&", end - _REFERENCE, end)
        if begun >= 0 and text.find(";", begun, end) < 0:
            end = begun
        yield text[start:end]
        start = end
    yield text[start:]
