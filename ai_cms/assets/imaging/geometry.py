"""How large a picture becomes and which part of it is shown."""

from __future__ import annotations

from .job import SizeSpec

__all__ = ["Box", "fill_box", "needed_scale", "target_size"]

Box = tuple[float, float, float, float]


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
