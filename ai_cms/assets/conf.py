"""The settings of ``ai_cms.assets``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ai_cms.core.conf import AppSettings, Setting, not_negative, positive

from .imaging.job import Limits, SizeSpec

__all__ = ["AssetsSettings", "assets_settings", "decode_limits", "image_sizes"]

_SIZE_KEYS = {"mode", "width", "height", "quality", "srcset", "eager"}
_MODES = ("max", "fit", "fill")

DEFAULT_SIZES: dict[str, dict[str, Any]] = {
    "thumb": {"mode": "fill", "width": 200, "height": 200},
    "card": {"mode": "fill", "width": 640, "height": 400},
    "small": {"mode": "max", "width": 480, "srcset": True},
    "medium": {"mode": "max", "width": 960, "srcset": True},
    "large": {"mode": "max", "width": 1600, "srcset": True},
    "hero": {"mode": "max", "width": 2400, "srcset": True, "eager": False},
}

DEFAULT_KINDS = (
    "image/jpeg image/png image/webp image/gif image/avif image/heic image/svg+xml "
    "video/mp4 video/webm video/quicktime audio/mpeg audio/mp4 audio/ogg audio/wav audio/flac "
    "application/pdf application/zip application/gzip application/epub+zip "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document "
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet "
    "application/vnd.openxmlformats-officedocument.presentationml.presentation "
    "application/vnd.oasis.opendocument.text application/vnd.oasis.opendocument.spreadsheet "
    "application/vnd.oasis.opendocument.presentation "
    "text/plain text/html text/vtt application/xml application/json font/woff2 font/woff"
).split()


def _sizes(value: Mapping[object, object]) -> str | None:
    for name, size in value.items():
        if not (isinstance(name, str) and name.isidentifier() and len(name) <= 40):
            return f"has the name {name!r}; names are words of at most 40 letters"
        if not isinstance(size, Mapping) or not set(size) <= _SIZE_KEYS:
            return f"has {size!r} for {name!r}; known keys are {', '.join(sorted(_SIZE_KEYS))}"
        if size.get("mode", "max") not in _MODES:
            return f"has the mode {size['mode']!r} for {name!r}; modes are {', '.join(_MODES)}"
        numbers = [size.get("width"), size.get("height", 1), size.get("quality", 80)]
        if not all(type(number) is int and number > 0 for number in numbers) or max(numbers[:2]) > 16_000:
            return f"has {size!r} for {name!r}; width, height and quality are whole numbers above zero"
        if size.get("mode") in ("fit", "fill") and "height" not in size:
            return f"needs a height for {name!r}"
    return None


def _formats(value: Iterable[object]) -> str | None:
    return None if all(item in ("webp", "avif", "jpeg", "png") for item in value) else "knows webp, avif, jpeg and png"


def _svg(value: str) -> str | None:
    return None if value in ("sanitize", "refuse") else "must be 'sanitize' or 'refuse'"


def _delivery(value: str) -> str | None:
    known = ("stream", "x-accel", "x-sendfile")
    return None if value in known else f"must be one of {', '.join(known)}"


def _quotas(value: Mapping[object, object]) -> str | None:
    fine = all(
        isinstance(tier, str) and (most is None or (type(most) is int and most >= 0)) for tier, most in value.items()
    )
    return None if fine else "maps tiers to bytes, or to None for no limit"


class AssetsSettings(AppSettings):
    """Settings of ``ai_cms.assets``."""

    ASSET_SIZES = Setting[dict[str, dict[str, Any]]](
        lambda: {name: dict(size) for name, size in DEFAULT_SIZES.items()},
        dict,
        "The sizes made of each picture, and no others: name to mode (max, fit, fill), width, height, quality, srcset "
        "(offered to browsers to choose from) and eager (made at upload; else by a task).",
        validate=_sizes,
    )
    ASSET_FORMATS = Setting[list[str]](
        lambda: ["webp"], (list, tuple), "The formats of each size made at upload.", validate=_formats
    )
    ASSET_TASK_FORMATS = Setting[list[str]](
        lambda: ["avif"],
        (list, tuple),
        "Further formats, made by a background task, or by make_renditions where tasks run within the request.",
        validate=_formats,
    )
    ASSET_QUALITY = Setting(80, int, "Quality of lossy formats where a size names none, 1 to 100.", validate=positive)
    ASSET_KINDS = Setting[list[str]](
        lambda: list(DEFAULT_KINDS),
        (list, tuple),
        "The media types that are taken; a file's type is told by its content.",
    )
    ASSET_SVG = Setting("sanitize", str, "SVG files: 'sanitize' (needs py-svg-hush) or 'refuse'.", validate=_svg)
    ASSET_MAX_BYTES = Setting(100_000_000, int, "Size of one file, in bytes.", validate=positive)
    ASSET_MAX_IMAGE_BYTES = Setting(40_000_000, int, "Size of one picture's file, in bytes.", validate=positive)
    ASSET_MAX_PIXELS = Setting(50_000_000, int, "Width x height of a picture.", validate=positive)
    ASSET_MAX_TOTAL_PIXELS = Setting(150_000_000, int, "Width x height x frames of an animation.", validate=positive)
    ASSET_MAX_FRAMES = Setting(300, int, "Frames of an animation.", validate=positive)
    ASSET_DECODE_SECONDS = Setting(20, int, "Seconds of CPU that work on one picture may take.", validate=positive)
    ASSET_DECODE_MEMORY_MB = Setting(1024, int, "Address space of the process that decodes, in MB.", validate=positive)
    ASSET_DECODERS = Setting(2, int, "Pictures that one process works on at the same time.", validate=positive)
    ASSET_QUOTAS = Setting[dict[str, Any]](
        lambda: {"free": 500_000_000, "pro": 20_000_000_000, "staff": None},
        dict,
        "Bytes that one owner may keep, by tier (subscription_tier of the user, 'staff', else 'free'); None for no limit.",
        validate=_quotas,
    )
    ASSET_DEFAULT_VISIBILITY = Setting(
        "public",
        str,
        "Visibility of an upload that names none: 'public' or 'private'.",
        validate=lambda value: None if value in ("public", "private") else "must be 'public' or 'private'",
    )
    ASSET_PRIVATE_DELIVERY = Setting(
        "stream",
        str,
        "How private files are sent: 'stream', or by the web server: 'x-accel' or 'x-sendfile'.",
        validate=_delivery,
    )
    ASSET_ACCEL_PREFIX = Setting(
        "/private-assets/", str, "The internal location of the private storage in nginx, for 'x-accel'."
    )
    ASSET_LINK_SECONDS = Setting(3600, int, "Seconds a signed address of a private file is good.", validate=positive)
    ASSET_KEEP_REPLACED_DAYS = Setting(
        30, int, "Days that renditions which were made anew stay at their old address.", validate=not_negative
    )
    ASSET_UPLOAD_SECONDS = Setting(3600, int, "Seconds an upload may take until it counts as dead.", validate=positive)
    ASSET_FETCH_HOSTS = Setting[list[str]](
        list,
        (list, tuple),
        "Hosts that files may be fetched from by reference; '.example.org' stands for all below it.",
    )
    ASSET_FETCH_SECONDS = Setting(20, int, "Seconds that fetching a file by reference may take.", validate=positive)
    ASSET_C2PA = Setting[dict[str, Any]](
        dict,
        dict,
        "Sign generated pictures: certificates and private_key (PEM texts or paths), algorithm (es256), timestamp_url. "
        "Empty: no manifests.",
    )


assets_settings = AssetsSettings()


def image_sizes() -> dict[str, SizeSpec]:
    """Return the declared sizes by name."""
    found = {}
    for name, size in assets_settings.ASSET_SIZES.items():
        mode = size.get("mode", "max")
        found[name] = SizeSpec(
            name,
            mode,
            size["width"],
            size.get("height", size["width"]),
            min(100, size.get("quality", assets_settings.ASSET_QUALITY)),
            # A thumbnail of a film is a picture; what pages show moves.
            animate=bool(size.get("srcset")),
        )
    return found


def decode_limits() -> Limits:
    """Return what work on one picture may take."""
    return Limits(
        pixels=assets_settings.ASSET_MAX_PIXELS,
        total_pixels=assets_settings.ASSET_MAX_TOTAL_PIXELS,
        frames=assets_settings.ASSET_MAX_FRAMES,
        memory=assets_settings.ASSET_DECODE_MEMORY_MB * 1_048_576,
        seconds=assets_settings.ASSET_DECODE_SECONDS,
    )
