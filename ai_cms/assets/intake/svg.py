"""SVG: sanitised before anyone sees it, or refused."""

from __future__ import annotations

import re
from importlib.util import find_spec

from django.utils.translation import gettext as _

from ..conf import assets_settings
from ..exceptions import KindRefused, PictureRefused

__all__ = ["can_sanitize", "sanitized_svg", "svg_size"]

MAX_BYTES = 2_000_000
_ROOT = re.compile(r"<svg\b[^>]*>", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"^\s*([0-9]*\.?[0-9]+)\s*(px)?\s*$")
_ATTRIBUTE = r"""\b{name}\s*=\s*["']([^"']*)["']"""


def can_sanitize() -> bool:
    """Return whether SVG files are taken on this site."""
    return assets_settings.ASSET_SVG == "sanitize" and find_spec("py_svg_hush") is not None


def sanitized_svg(data: bytes) -> bytes:
    """Return an SVG without scripts, handlers, foreign content and addresses elsewhere. Raises AssetRefused."""
    if assets_settings.ASSET_SVG != "sanitize":
        raise KindRefused(_("SVG files are not taken on this site."), code="svg_refused")
    try:
        from py_svg_hush import filter_svg
    except ImportError:
        raise KindRefused(
            _("SVG files need the package py-svg-hush on the server (extra svg)."), code="svg_refused"
        ) from None
    # Entities multiply; no drawing needs them.
    if len(data) > MAX_BYTES or b"<!ENTITY" in data.upper():
        raise PictureRefused(_("The SVG file is too large or uses entities."), code="svg_refused")
    try:
        clean = bytes(filter_svg(data, {"image": ["jpeg", "png", "webp", "gif"]}))
    except Exception as error:
        raise PictureRefused(_("The SVG file cannot be read."), code="broken_picture") from error
    if b"<svg" not in clean:
        raise PictureRefused(_("The SVG file cannot be read."), code="broken_picture")
    return clean


def svg_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels, from the attributes or the view box; (300, 150), as browsers do, without either."""
    found = _ROOT.search(data.decode("utf-8", "replace"))
    root = found[0] if found else ""
    sides = [_pixels(_attribute(root, name)) for name in ("width", "height")]
    if all(sides):
        return sides[0], sides[1]
    numbers = re.findall(r"-?[0-9.]+", _attribute(root, "viewBox"))
    if len(numbers) == 4:
        try:
            width, height = float(numbers[2]), float(numbers[3])
        except ValueError:
            return 300, 150
        if 0 < width < 100_000 and 0 < height < 100_000:
            return max(1, round(width)), max(1, round(height))
    return 300, 150


def _attribute(root: str, name: str) -> str:
    found = re.search(_ATTRIBUTE.format(name=name), root)
    return found[1] if found else ""


def _pixels(text: str) -> int:
    found = _NUMBER.match(text)
    return max(1, round(float(found[1]))) if found and 0 < float(found[1]) < 100_000 else 0
