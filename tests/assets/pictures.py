"""Pictures to test with, made here: small, odd, or both."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree

from PIL import Image, ImageDraw


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


def animation(
    durations: tuple[int, ...] = (100, 200, 300), format: str = "GIF", size: int = 60, **options: Any
) -> bytes:
    """Return an animation whose frames differ and stand for different times (milliseconds)."""
    frames = [Image.new("RGB", (size, size), colour) for colour in ("red", "lime", "blue", "yellow", "black")]
    frames = frames[: len(durations)]
    return encoded(
        frames[0], format, save_all=True, append_images=frames[1:], duration=list(durations), loop=3, **options
    )


def xmp_of(data: bytes) -> dict[str, str]:
    """Return the properties in a picture's XMP packet, without their prefixes."""
    with Image.open(io.BytesIO(data)) as image:
        packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or ""
    text = packet.decode() if isinstance(packet, bytes) else packet
    if not text:
        return {}
    [description] = ElementTree.fromstring(text).iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    return {name.rpartition("}")[2]: value for name, value in description.attrib.items()}
