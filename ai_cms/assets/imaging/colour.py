"""Pixels as browsers show them: 8 bits, sRGB, RGB or RGBA."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

__all__ = ["as_srgb", "plain_mode"]

_SIXTEEN_BITS = {"I;16", "I;16L", "I;16B", "I;16N", "I"}


def plain_mode(picture: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be resized without loss: palettes unfolded, 16 bits scaled down to 8."""
    if picture.mode in _SIXTEEN_BITS:
        # convert("L") would clip: everything above 255 of 65,535 came out white.
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in ("P", "PA") or "transparency" in picture.info:
        has_alpha = picture.mode == "PA" or "transparency" in picture.info
        return picture.convert("RGBA" if has_alpha else "RGB")
    if picture.mode in ("LA", "La", "RGBa"):
        return picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "RGBA", "CMYK"):
        return picture
    return picture.convert("RGB")


def as_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB. ``profile``: the ICC profile its numbers are meant by.

    A picture without a profile, or with one that is broken, is taken as sRGB, as browsers do.
    """
    if profile:
        converted = _by_profile(picture, profile)
        if converted is not None:
            return converted
    return picture if picture.mode in ("RGB", "RGBA") else picture.convert("RGB")


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        mode = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}.get(space)
        if picture.mode not in (mode, "RGBA" if mode == "RGB" else mode):
            return None
        alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(
            picture.convert("RGB") if alpha is not None else picture,
            source,
            ImageCms.ImageCmsProfile(target),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if converted is not None and alpha is not None:
        converted.putalpha(alpha)
    assert converted is None or isinstance(converted, Image.Image)  # noqa: S101
    return converted
