"""Making pictures that people upload harmless, for apps that keep a picture themselves and know nothing of others.

Whoever can do that best registers a cleaner; the one in use is the last. ``ai_cms.assets`` registers its own, so that a small
picture such as an avatar gets the same checks, the same bounded process and the same colours as any upload::

    @picture_cleaners.cleaner("assets")
    def clean_picture(file: Any, rules: PictureRules) -> CleanPicture: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .registry import Registry

__all__ = ["CleanPicture", "PictureCleaner", "PictureCleaners", "PictureRules", "picture_cleaners"]


@dataclass(frozen=True)
class PictureRules:
    """What is taken and what is made. ``size``: the longer side of the result, in pixels; ``pixels``: of the upload at most."""

    size: int
    pixels: int


@dataclass(frozen=True)
class CleanPicture:
    """A picture made anew from its pixels, upright, without metadata. ``suffix``: such as ``webp``."""

    data: bytes
    suffix: str


#: Takes an open file. Raises RequestRefused for what is no picture within the rules.
PictureCleaner = Callable[[Any, PictureRules], CleanPicture]


class PictureCleaners(Registry[PictureCleaner]):
    """Keep the cleaners in the order of registration."""

    def cleaner(self, name: str) -> Callable[[PictureCleaner], PictureCleaner]:
        """Register the decorated function."""
        return lambda function: self.register(name, function)

    def best(self, fallback: PictureCleaner) -> PictureCleaner:
        """Return the cleaner registered last, ``fallback`` without any."""
        found = self.items()
        return found[-1][1] if found else fallback


picture_cleaners = PictureCleaners("cleaner of pictures")
