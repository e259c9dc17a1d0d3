"""The model that streams for both subjects: as many words as it is asked for, one after the other, with the same pause."""

from __future__ import annotations

import os

#: Pieces of an answer and the seconds between two of them, as ``benchmarks.chat`` sets them.
PIECES = int(os.environ.get("BENCHMARK_PIECES", "200"))
PAUSE = float(os.environ.get("BENCHMARK_PAUSE", "0.04"))
WORDS = (
    "rye sour flour water salt time oven crumb crust seed malt grain stone mill bran heat steam loaf knead rest".split()
)


def pieces(count: int = PIECES) -> list[str]:
    """Return the answer's pieces."""
    return [f"{WORDS[number % len(WORDS)]} " for number in range(count)]
