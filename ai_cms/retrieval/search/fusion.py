"""One order of several: by reciprocal rank, which needs no scores that can be compared."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

__all__ = ["fused"]

K = TypeVar("K", bound=Hashable)
#: How little the first places count for more than those behind them.
SMOOTHING = 60


def fused(*orders: Sequence[K]) -> list[K]:
    """Return everything that stands in ``orders``, by the sum of 1 / (60 + rank), ranks from 1.

    What has the same sum stands as it was first met, the earlier order before the later.
    """
    scores: dict[K, float] = {}
    for order in orders:
        for rank, key in enumerate(dict.fromkeys(order), 1):
            scores[key] = scores.get(key, 0.0) + 1 / (SMOOTHING + rank)
    return sorted(scores, key=lambda key: -scores[key])
