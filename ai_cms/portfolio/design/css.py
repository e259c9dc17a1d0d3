"""Designs as CSS custom properties, and as a short text that stands in the address of their style sheet.

A strict content security policy forbids styles in the page itself. The address holds the tokens, so that the sheet of a draft,
of a preview link and of a published page is the same view, asks no database, and may be kept for ever.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict

from pydantic import ValidationError

from .layouts import FONTS, SPACINGS, layouts
from .shades import line_of, tint_of
from .tokens import Design, DesignTokens

__all__ = ["css_token", "design_css", "design_of_token"]

LONGEST_TOKEN = 1_500


def css_token(stored: object) -> str:
    """Return the tokens as text for an address; tokens that are no longer good are left out."""
    try:
        tokens = DesignTokens.model_validate(stored or {})
    except ValidationError:
        tokens = DesignTokens()
    text = json.dumps(
        tokens.model_dump(exclude_defaults=True, exclude_none=True), separators=(",", ":"), sort_keys=True
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def design_of_token(token: str) -> Design | None:
    """Return the design that an address asks for; ``None`` for what is none."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        return Design.made(DesignTokens.model_validate(json.loads(raw)))
    except (binascii.Error, ValueError, RecursionError):
        return None


def design_css(design: Design) -> str:
    """Return the design as custom properties, for light and dark; paper is light."""
    shared = {
        "font-heading": FONTS[design.heading][1],
        "font-body": FONTS[design.body][1],
        "radius": f"{design.radius}px",
        "space": SPACINGS[design.spacing],
    }
    light, dark = _colours(design, 0), _colours(design, 1)
    return (
        f":root {{\n  color-scheme: light dark;\n{_lines({**light, **shared}, '  ')}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n  :root {{\n{_lines(dark, '    ')}  }}\n}}\n"
    )


def _colours(design: Design, scheme: int) -> dict[str, str]:
    """Return the colours of the light (0) or the dark (1) scheme."""
    palette = (design.colors, design.dark)[scheme]
    layout = layouts.get(design.layout)
    wished = ""
    if layout is not None:
        own = (layout.colors, layout.dark)[scheme]
        if (own.background, own.primary) == (palette.background, palette.primary):
            wished = layout.tints[scheme]
    named = {name.replace("_", "-"): value for name, value in asdict(palette).items()}
    return {**named, "tint": tint_of(palette, wished), "line": line_of(palette)}


def _lines(properties: dict[str, str], indent: str) -> str:
    return "".join(f"{indent}--portfolio-{name}: {value};\n" for name, value in properties.items())
