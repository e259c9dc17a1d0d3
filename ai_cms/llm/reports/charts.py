"""Small bar charts as SVG: geometry in attributes, colours by class, so that no style stands inline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Bar", "BarChart", "bar_chart"]

WIDTH, HEIGHT, GAP = 600, 120, 2


@dataclass(frozen=True)
class Bar:
    """One bar; ``x``, ``y``, ``width`` and ``height`` in the chart's own units."""

    label: Any
    value: int
    shown: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class BarChart:
    bars: list[Bar]
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(rows: Sequence[tuple[object, int, str]]) -> BarChart | None:
    """Return a chart of (label, value, value as shown); ``None`` if there is nothing above zero."""
    highest = max((value for _label, value, _shown in rows), default=0)
    if highest <= 0:
        return None
    step = WIDTH / len(rows)
    bars = []
    for index, (label, value, shown) in enumerate(rows):
        # Also a small value is seen; nothing is not.
        height = max(2.0, HEIGHT * value / highest) if value else 0.0
        bars.append(
            Bar(
                label,
                value,
                shown,
                round(index * step + GAP / 2, 2),
                round(HEIGHT - height, 2),
                round(min(step - GAP, 40), 2),
                round(height, 2),
            )
        )
    return BarChart(bars)
