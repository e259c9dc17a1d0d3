"""SVG drawings: sanitised here too, where memory and time are bounded."""

from __future__ import annotations

import re
from pathlib import Path

from .job import Job, JobFailed, Made, Outcome

__all__ = ["clean_drawing"]

#: The sanitiser takes minutes for what is nested thousands deep; drawings are not.
MAX_DEPTH = 100
MAX_ELEMENTS = 50_000
_TAG = re.compile(rb"<(/?)[A-Za-z_][^<>]*?(/?)>")
_ACTIVE = re.compile(rb"javascript:|vbscript:|data:text/|<script|<foreignObject|\son[a-z]+\s*=", re.IGNORECASE)
_ROOT = re.compile(r"<svg\b[^>]*>", re.IGNORECASE | re.DOTALL)
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(?:px)?\s*")


def clean_drawing(job: Job) -> Outcome:
    """Write a drawing without scripts, handlers, foreign content and addresses elsewhere. Raises JobFailed."""
    try:
        from py_svg_hush import filter_svg
    except ImportError:
        raise JobFailed("svg_refused", "SVG files need the package py-svg-hush (extra svg).") from None
    data = Path(job.path).read_bytes()
    # Entities multiply, and read files; no drawing needs them.
    if b"<!ENTITY" in data.upper():
        raise JobFailed("svg_refused", "SVG files with entities are not taken.")
    _refuse_deep(data)
    try:
        clean = bytes(filter_svg(data, {"image": ["jpeg", "png", "webp", "gif"]}))
    except Exception as error:
        raise JobFailed("broken_picture", "The SVG file cannot be read.") from error
    # The sanitiser is trusted, and looked at: what it leaves of these words runs nowhere, but nobody need wonder.
    if b"<svg" not in clean or _ACTIVE.search(clean):
        raise JobFailed("svg_refused", "The SVG file holds more than a drawing.")
    path = Path(job.folder) / "clean.svg"
    path.write_bytes(clean)
    width, height = _size(clean)
    return Outcome(width, height, 1, "", "", (Made("svg", "svg", str(path), width, height, len(clean)),))


def _refuse_deep(data: bytes) -> None:
    depth = 0
    for number, tag in enumerate(_TAG.finditer(data)):
        depth += 0 if tag[2] else -1 if tag[1] else 1
        if depth > MAX_DEPTH or number > MAX_ELEMENTS:
            raise JobFailed("svg_refused", "The SVG file is too complicated.")


def _size(data: bytes) -> tuple[int, int]:
    """Return width and height, from the attributes or the view box; 300 x 150, as browsers do, without either."""
    found = _ROOT.search(data.decode("utf-8", "replace"))
    root = found[0] if found else ""
    width, height = _pixels(_attribute(root, "width")), _pixels(_attribute(root, "height"))
    if width and height:
        return width, height
    box = _attribute(root, "viewBox").replace(",", " ").split()
    if len(box) == 4:
        width, height = _pixels(box[2]), _pixels(box[3])
    return (width, height) if width and height else (300, 150)


def _attribute(root: str, name: str) -> str:
    found = re.search(rf"""\b{name}\s*=\s*["']([^"']*)["']""", root)
    return found[1] if found else ""


def _pixels(text: str) -> int:
    found = _LENGTH.fullmatch(text)
    value = float(found[1]) if found else 0.0
    return max(1, round(value)) if 0 < value < 100_000 else 0
