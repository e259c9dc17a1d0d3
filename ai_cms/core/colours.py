"""Colours such as ``#1a2b3c``: their contrast by WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

from __future__ import annotations

__all__ = ["TEXT_CONTRAST", "contrast", "mixed"]

#: What success criterion 1.4.3 (level AA) asks of text.
TEXT_CONTRAST = 4.5


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours such as ``#1a2b3c``: 1 for the same, 21 for black on white."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(first: str, second: str, share: float) -> str:
    """Return the colour that has ``share`` (0 to 1) of the first and the rest of the second, channel by channel."""
    pairs = ((int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
