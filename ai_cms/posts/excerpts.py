"""Excerpts: the beginning of a text, never cut inside a word."""

from __future__ import annotations

import re

__all__ = ["EXCERPT_WORDS", "cut_words"]

EXCERPT_WORDS = 40

# Scripts without spaces between words: two characters count as one word, with the punctuation that follows them.
_NO_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
_WORD = re.compile(rf"[{_NO_SPACES}]{{1,2}}[\u3000-\u303f\uff01-\uff0f\uff1a-\uff1f]*|[^\s{_NO_SPACES}]+")


def cut_words(text: str, words: int = EXCERPT_WORDS) -> str:
    """Return the first ``words`` words of plain ``text`` on one line, with "..." where something was left out."""
    line = " ".join(text.split())
    end = 0
    for number, match in enumerate(_WORD.finditer(line), 1):
        if number > words:
            return f"{line[:end]}..."
        end = match.end()
    return line
