"""What is asked of the worker and what it answers, as plain JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Job", "JobFailed", "Limits", "Made", "Outcome", "SizeSpec"]


class JobFailed(Exception):
    """The worker could not do its job. ``code``: stable; ``detail``: a sentence for a person."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


@dataclass(frozen=True)
class Limits:
    """``pixels``: width x height of one frame. ``total_pixels``: of all frames. ``memory``: bytes. ``seconds``: of CPU."""

    pixels: int = 50_000_000
    total_pixels: int = 150_000_000
    frames: int = 300
    memory: int = 1_073_741_824
    seconds: int = 20


@dataclass(frozen=True)
class SizeSpec:
    """One size to make.

    ``mode``: "max" (longest side at most ``width``), "fit" (inside the box) or "fill" (the box's shape, cut around the
    focal point). Pictures are never made larger than they are. ``animate``: keep the frames of an animation.
    """

    name: str
    mode: str
    width: int
    height: int
    quality: int = 80
    animate: bool = True


@dataclass(frozen=True)
class Job:
    """``path``: the picture. ``folder``: where results go. ``loader``: "jpeg", "png", "webp", "gif", "avif" or "heic"; "svg"; of
    sound and films their ending, such as "mp3".

    ``formats``: of each size. ``focal``: fractions of width and height. ``crop``: (x, y, width, height) as fractions; the
    result is one file of the same kind in full size. ``xmp``: a packet to write into every result.
    """

    path: str
    folder: str
    loader: str
    sizes: tuple[SizeSpec, ...] = ()
    formats: tuple[str, ...] = ("webp",)
    focal: tuple[float, float] = (0.5, 0.5)
    crop: tuple[float, float, float, float] | None = None
    xmp: str = ""
    limits: Limits = field(default_factory=Limits)
    webp_method: int = 4
    avif_speed: int = 8

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        data: dict[str, Any] = json.loads(text)
        data["sizes"] = tuple(SizeSpec(**size) for size in data["sizes"])
        data["limits"] = Limits(**data["limits"])
        data["formats"] = tuple(data["formats"])
        data["focal"] = tuple(data["focal"])
        data["crop"] = tuple(data["crop"]) if data["crop"] else None
        return cls(**data)


@dataclass(frozen=True)
class Made:
    """One file the worker wrote. ``spec``: "" for a crop."""

    spec: str
    format: str
    path: str
    width: int
    height: int
    size: int


@dataclass(frozen=True)
class Outcome:
    """What a picture is. ``width`` and ``height``: as seen, after its orientation. ``placeholder``: a ``data:`` address.

    ``duration``: of sound and films, in seconds. ``cover``: the path of their cover picture, anybody's bytes.
    """

    width: int
    height: int
    frames: int
    placeholder: str
    digital_source_type: str
    made: tuple[Made, ...]
    duration: float | None = None
    cover: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        data = json.loads(text)
        if "error" in data:
            raise JobFailed(data["error"], data["detail"])
        data["made"] = tuple(Made(**item) for item in data["made"])
        return cls(**data)
