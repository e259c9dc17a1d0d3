"""What a provider calls an image, checked by its bytes before anybody stores it."""

from __future__ import annotations

import base64
import binascii
import importlib.util
import struct
import warnings
from io import BytesIO

__all__ = ["MAX_IMAGE_BYTES", "MAX_PIXELS", "checked_image", "decoded_image"]

MAX_IMAGE_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def decoded_image(text: object) -> bytes:
    """Return the bytes of a base64 image. Raises ValueError."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError("no image data")
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if len(text) > MAX_IMAGE_BYTES * 3 // 2:
        raise ValueError("the image is too large")
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def checked_image(data: bytes) -> str:
    """Return the type of ``data``: image/png, image/jpeg or image/webp. Raises ValueError for everything else.

    With Pillow installed the whole image is decoded, without it the header is read.
    """
    if not data:
        raise ValueError("no image data")
    if len(data) > MAX_IMAGE_BYTES:
        raise ValueError("the image is too large")
    mime, width, height = _header(data)
    if not (0 < width <= 65_535 and 0 < height <= 65_535 and width * height <= MAX_PIXELS):
        raise ValueError(f"{width} x {height} pixels")
    if importlib.util.find_spec("PIL") is not None:
        _decode(data, mime)
    return mime


def _decode(data: bytes, mime: str) -> None:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(BytesIO(data), formats=list(_FORMATS)) as image:
                if _FORMATS.get(image.format or "") != mime:
                    raise ValueError("two formats in one file")
                image.load()
    except Exception as error:
        # Decoders raise whatever damaged data makes them raise: OSError, SyntaxError, struct.error, their own bomb
        # error.
        raise ValueError(f"the image cannot be decoded: {error}") from None


def _header(data: bytes) -> tuple[str, int, int]:
    """Return type, width and height as the magic bytes and the header say."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            width, height = struct.unpack(">II", data[16:24])
            return "image/png", width, height
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return ("image/webp", *_webp_size(data))
        if data.startswith(b"\xff\xd8\xff"):
            return ("image/jpeg", *_jpeg_size(data))
    except (struct.error, IndexError):
        raise ValueError("the image is cut off") from None
    raise ValueError("neither PNG nor JPEG nor WebP")


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("an unknown kind of WebP")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at < len(data) - 9:
        if data[at] != 0xFF:
            raise ValueError("the image is damaged")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise ValueError("the image is cut off")
