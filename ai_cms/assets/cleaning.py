"""Pictures that other apps keep, such as avatars, through the intake of assets: nothing of them is stored here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _

from ai_cms.core.pictures import CleanPicture, PictureRules, picture_cleaners

from .conf import assets_settings, decode_limits
from .exceptions import KindRefused
from .imaging.job import SizeSpec
from .intake.spool import spooled
from .services.preparing import Mark, run_picture_job

__all__ = ["clean_picture"]


@picture_cleaners.cleaner("assets")
def clean_picture(file: object, rules: PictureRules) -> CleanPicture:
    """Return the first frame of an open file as WebP: its kind told by content, decoded in the bounded process, metadata gone.

    Raises AssetRefused, FileTooLarge, Unavailable.
    """
    size = SizeSpec("clean", "max", rules.size, rules.size, assets_settings.ASSET_QUALITY, animate=False)
    limits = decode_limits()
    limits = replace(limits, pixels=min(limits.pixels, rules.pixels))
    with spooled(file) as incoming:
        kind = incoming.kind
        if kind.family != "image":
            raise KindRefused(_("Upload a picture."), code="no_picture")
        outcome = run_picture_job(
            incoming.path, incoming.folder, kind.loader, [size], ["webp"], (0.5, 0.5), Mark(), limits=limits
        )
        return CleanPicture(Path(outcome.made[0].path).read_bytes(), outcome.made[0].format)
