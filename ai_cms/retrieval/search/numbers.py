"""Vectors as bytes, and how near two are: with numpy where it is installed, else with the standard library."""

from __future__ import annotations

import heapq
import math
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from operator import mul

__all__ = ["nearest", "packed", "unpacked"]

#: Stored vectors that are compared at once.
_BLOCK = 2_000


def packed(vector: Sequence[float]) -> bytes:
    """Return a vector of length one as numbers of four bytes, the lowest first. Raises ValueError for one without length."""
    length = math.sqrt(math.fsum(number * number for number in vector))
    if not math.isfinite(length) or length == 0:
        raise ValueError("a vector without length, or with what is no number")
    numbers = array("f", (number / length for number in vector))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpacked(data: bytes) -> array[float]:
    """Return the numbers of a stored vector."""
    numbers = array("f", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def nearest(
    wanted: bytes, stored: Iterable[tuple[str, bytes]], *, limit: int, least: float, numpy: bool | None = None
) -> list[tuple[str, float]]:
    """Return the names of the ``limit`` stored vectors that are nearest to ``wanted``, with their cosine similarity.

    ``stored``: pairs of name and vector; those of another length are left out. ``least``: those below it are too.
    ``numpy``: whether to use it; ``None`` to use it if it is installed.
    """
    use_numpy = find_spec("numpy") is not None if numpy is None else numpy
    compare = _compare_by_numpy if use_numpy else _compare
    best: list[tuple[float, str]] = []
    block: list[tuple[str, bytes]] = []

    def keep() -> None:
        # By name where they are as near, so that the order is the same each time.
        nonlocal best
        pairs = [(score, name) for name, score in compare(wanted, block) if score >= least]
        best = heapq.nsmallest(limit, [*best, *pairs], key=lambda pair: (-pair[0], pair[1]))
        block.clear()

    for name, data in stored:
        if len(data) == len(wanted):
            block.append((name, data))
        if len(block) == _BLOCK:
            keep()
    keep()
    return [(name, score) for score, name in best]


def _compare(wanted: bytes, block: Sequence[tuple[str, bytes]]) -> list[tuple[str, float]]:
    query = unpacked(wanted).tolist()
    return [(name, _product(query, unpacked(data).tolist())) for name, data in block]


def _plain_product(one: Sequence[float], other: Sequence[float]) -> float:
    return float(sum(map(mul, one, other)))


#: Four times as fast, from Python 3.12 on.
_product: Callable[[Sequence[float], Sequence[float]], float] = getattr(math, "sumprod", _plain_product)


def _compare_by_numpy(wanted: bytes, block: Sequence[tuple[str, bytes]]) -> list[tuple[str, float]]:
    if not block:
        return []
    import numpy

    rows = numpy.frombuffer(b"".join(data for _name, data in block), dtype="<f4").reshape(len(block), -1)
    scores = rows @ numpy.frombuffer(wanted, dtype="<f4")
    return [(name, float(score)) for (name, _data), score in zip(block, scores, strict=True)]
