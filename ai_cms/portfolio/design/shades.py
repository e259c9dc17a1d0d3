"""Colours that follow from those of a palette: a portfolio says six, its sheet has eight."""

from __future__ import annotations

from ai_cms.core.colours import TEXT_CONTRAST, contrast, mixed

from .layouts import Palette

__all__ = ["line_of", "tint_of"]

#: How much of the primary colour a tinted panel has at most, in steps of a hundredth.
_STRONGEST = 16


def tint_of(palette: Palette, wished: str = "") -> str:
    """Return the background tinted with the primary colour, as strongly as everything on it can still be read.

    ``wished``: a colour to return instead, if everything on it can be read.
    Text, muted text and the primary colour are readable on the background itself wherever validation lets the palette pass, so
    that there is always such a tint, if it is none at all.
    """
    tints = (mixed(palette.primary, palette.background, hundredths / 100) for hundredths in range(_STRONGEST, 0, -1))
    for tint in filter(None, (wished, *tints)):
        if all(contrast(over, tint) >= TEXT_CONTRAST for over in (palette.text, palette.muted, palette.primary)):
            return tint
    return palette.background


def line_of(palette: Palette) -> str:
    """Return the colour of lines that part things; it carries no meaning of its own."""
    return mixed(palette.text, palette.background, 0.18)
