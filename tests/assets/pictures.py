"""Pictures to test with, made here: small, odd, or both."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageCms, ImageDraw

__all__ = ["animation", "encoded", "jpeg", "picture", "png", "wide_gamut_profile"]


def picture(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Return a picture whose corners differ: red, green, blue and white from the top left clockwise."""
    image = Image.new("RGB", (width, height), "gray")
    draw = ImageDraw.Draw(image)
    half_width, half_height = width // 2, height // 2
    for box, colour in (
        ((0, 0, half_width, half_height), "red"),
        ((half_width, 0, width, half_height), (0, 255, 0)),
        ((half_width, half_height, width, height), "blue"),
        ((0, half_height, half_width, height), "white"),
    ):
        draw.rectangle(box, fill=colour)
    return image if mode == "RGB" else image.convert(mode)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def jpeg(width: int = 640, height: int = 480, **options: Any) -> bytes:
    return encoded(picture(width, height), "JPEG", quality=90, **options)


def png(width: int = 640, height: int = 480, **options: Any) -> bytes:
    return encoded(picture(width, height), "PNG", **options)


def animation(durations: tuple[int, ...] = (100, 200, 300), format: str = "GIF", size: int = 60, **options: Any) -> bytes:
    """Return an animation whose frames differ and stand for different times (milliseconds)."""
    frames = [Image.new("RGB", (size, size), colour) for colour in ("red", "lime", "blue", "yellow", "black")]
    frames = frames[: len(durations)]
    return encoded(
        frames[0], format, save_all=True, append_images=frames[1:], duration=list(durations), loop=3, **options
    )


def wide_gamut_profile() -> bytes:
    """Return an ICC profile with other primaries than sRGB's, as phones put into their pictures."""
    # The profile of the XYZ space is far from sRGB, and Pillow can make it.
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
