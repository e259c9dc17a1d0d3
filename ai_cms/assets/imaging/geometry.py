"""How large a picture becomes and which part of it is shown."""

from __future__ import annotations

import math

from .job import SizeSpec

__all__ = ["Box", "Part", "fill_box", "needed_scale", "shaped_part", "target_size"]

Box = tuple[float, float, float, float]
#: left, top, width, height, in whole pixels.
Part = tuple[int, int, int, int]


def target_size(spec: SizeSpec, width: int, height: int) -> tuple[int, int]:
    """Return the size that ``spec`` gives a picture of ``width`` x ``height``; never larger, no side below 1."""
    if spec.mode == "fill":
        # A picture smaller than the box keeps the box's shape at the largest size it has pixels for.
        scale = min(1.0, width / spec.width, height / spec.height)
        return max(1, round(spec.width * scale)), max(1, round(spec.height * scale))
    if spec.mode == "max":
        scale = min(1.0, spec.width / max(width, height))
    else:
        scale = min(1.0, spec.width / width, spec.height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def needed_scale(spec: SizeSpec, width: int, height: int) -> float:
    """Return the smallest scale of the whole picture that still has all pixels for ``spec``."""
    made_width, made_height = target_size(spec, width, height)
    if spec.mode == "fill":
        return min(1.0, max(made_width / width, made_height / height))
    return min(1.0, made_width / width)


def fill_box(target: tuple[int, int], width: int, height: int, focal: tuple[float, float]) -> Box:
    """Return the part (left, top, right, bottom) of the target's shape that has the focal point as near its middle as can be."""
    shape = target[0] / target[1]
    cut_width, cut_height = (height * shape, float(height)) if width / height > shape else (float(width), width / shape)
    left = min(max(focal[0] * width - cut_width / 2, 0.0), width - cut_width)
    top = min(max(focal[1] * height - cut_height / 2, 0.0), height - cut_height)
    return left, top, left + cut_width, top + cut_height


def shaped_part(part: Part, shape: float, width: int, height: int, focal: tuple[float, float] = (0.5, 0.5)) -> Part:
    """Return a part of the ``shape`` (width / height) about as large as ``part``, around its middle, within the picture.

    Of the whole picture the largest part of that shape is returned, around the focal point. The editor's script does the same.
    """
    left, top, part_width, part_height = part
    whole = (part_width, part_height) == (width, height)
    middle = (focal[0] * width, focal[1] * height) if whole else (left + part_width / 2, top + part_height / 2)
    wide = math.inf if whole else math.sqrt(part_width * part_height * shape)
    wide = min(wide, width, height * shape)
    made = (max(1, _nearest(wide)), max(1, _nearest(wide / shape)))
    return (
        min(max(_nearest(middle[0] - made[0] / 2), 0), width - made[0]),
        min(max(_nearest(middle[1] - made[1] / 2), 0), height - made[1]),
        *made,
    )


def _nearest(value: float) -> int:
    """Return the nearest whole number, halves up, as browsers round."""
    return math.floor(value + 0.5)
