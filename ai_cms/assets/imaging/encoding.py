"""Write pictures: without what came with them, with the mark that is asked for."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from .job import Job, JobFailed

__all__ = ["LONGEST_SIDE", "placeholder_of", "save"]

#: What the formats can hold, in pixels a side.
LONGEST_SIDE = {"webp": 16_383, "jpeg": 65_500, "png": 65_500, "avif": 65_500}
_SUFFIXES = {"jpeg": "jpg"}


def save(
    frames: list[Image.Image],
    job: Job,
    name: str,
    format: str,
    quality: int,
    durations: list[int] | None = None,
    loop: int = 0,
) -> Path:
    """Write one picture, or an animation of several ``frames``, into the job's folder. ``durations``: milliseconds."""
    path = Path(job.folder) / f"{name}.{_SUFFIXES.get(format, format)}"
    first = frames[0]
    if max(first.size) > LONGEST_SIDE[format]:
        raise JobFailed("too_many_pixels", f"{format} pictures have at most {LONGEST_SIDE[format]} pixels a side.")
    options: dict[str, Any] = {"format": format.upper(), "icc_profile": None, "exif": b""}
    if format == "webp":
        options |= {"quality": quality, "method": job.webp_method}
    elif format == "avif":
        options |= {"quality": max(1, quality - 20), "speed": job.avif_speed}
    elif format == "jpeg":
        options |= {"quality": quality, "optimize": True, "progressive": True}
        frames = [_without_alpha(first)]
    if job.xmp and format == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", job.xmp)
        options["pnginfo"] = info
    elif job.xmp:
        options["xmp"] = job.xmp.encode()
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": loop}
    for frame in frames:
        # Whatever is in info may be written by one format or another; what is to be written is said above.
        frame.info = {}
    frames[0].save(path, **options)
    if job.xmp and not _is_marked(path, job.xmp):
        raise JobFailed("mark_lost", f"The {format} file did not keep its mark of origin.")
    return path


def placeholder_of(picture: Image.Image) -> str:
    """Return a picture of at most 16 pixels as a ``data:`` address, to be shown while the picture loads."""
    small = picture.copy()
    small.thumbnail((16, 16), Image.Resampling.BILINEAR)
    small.info = {}
    out = io.BytesIO()
    small.save(out, "WEBP", quality=30, method=4)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def _without_alpha(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _is_marked(path: Path, xmp: str) -> bool:
    """Return whether the file holds the packet. Formats may wrap it but none of ours packs it."""
    start = xmp.index("<rdf:Description")
    return os.stat(path).st_size > 0 and xmp[start : xmp.index("</rdf:RDF>")].encode() in path.read_bytes()
