"""Open a picture, and refuse it before anything is decoded if it is too much."""

from __future__ import annotations

import re
import warnings

from PIL import Image

from .job import JobFailed, Limits

__all__ = ["frame_count", "open_picture", "orientation_of", "oriented", "source_type_of"]

#: Pillow's name of the one decoder that each kind may use.
_DECODERS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "avif": "AVIF", "heic": "HEIF"}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SOURCE_TYPE = re.compile(rb"https?://cv\.iptc\.org/newscodes/digitalsourcetype/([A-Za-z]{1,60})")


def open_picture(path: str, loader: str, limits: Limits) -> Image.Image:
    """Return the picture at ``path``, not decoded yet. Raises JobFailed."""
    if loader == "heic":
        _register_heif()
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=(_DECODERS[loader],))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels(limits) from None
    # Decoders raise whatever they like for malformed data: RuntimeError, SyntaxError, struct.error, …
    except Exception as error:
        raise JobFailed("broken_picture", "The picture cannot be read.") from error
    width, height = picture.size
    if width < 1 or height < 1:
        raise JobFailed("broken_picture", "The picture has no pixels.")
    if width * height > limits.pixels:
        raise _too_many_pixels(limits)
    if max(width, height) > 65_500:
        raise JobFailed("too_many_pixels", "No side of a picture may be longer than 65,500 pixels.")
    frames = frame_count(picture, limits)
    if width * height * frames > limits.total_pixels:
        raise JobFailed("too_many_pixels", "The frames of the animation have too many pixels together.")
    return picture


def frame_count(picture: Image.Image, limits: Limits) -> int:
    """Return how many frames an animation has; 1 for the several pictures in one file of a telephone (MPO)."""
    if picture.format in ("MPO", "HEIF"):
        return 1
    try:
        frames = int(getattr(picture, "n_frames", 1))
    except Exception as error:
        # Counting frames reads the file, and readers raise by format.
        raise JobFailed("broken_picture", "The frames of the picture cannot be read.") from error
    if frames > limits.frames:
        raise JobFailed("too_many_frames", f"An animation may have at most {limits.frames} frames.")
    return max(1, frames)


def orientation_of(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:
        # A block of EXIF that cannot be read turns nothing; the picture is looked at by itself.
        return 1
    return value if value in _TURNS else 1


def oriented(picture: Image.Image, orientation: int) -> Image.Image:
    """Return the picture as it is to be seen."""
    return picture.transpose(_TURNS[orientation]) if orientation in _TURNS else picture


def source_type_of(path: str, picture: Image.Image) -> str:
    """Return IPTC's ``DigitalSourceType`` in the picture's XMP, "" where there is none."""
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    if isinstance(packet, str):
        packet = packet.encode()
    found = _SOURCE_TYPE.search(packet)
    return found[1].decode() if found else ""


def _too_many_pixels(limits: Limits) -> JobFailed:
    return JobFailed("too_many_pixels", f"A picture may have at most {limits.pixels // 1_000_000} million pixels.")


def _register_heif() -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise JobFailed("heic_unavailable", "HEIC pictures need the package pillow-heif (extra heic).") from None
    register_heif_opener()
