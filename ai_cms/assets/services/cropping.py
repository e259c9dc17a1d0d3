"""Cut a part out of a picture, as a picture of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from .. import get_image_model
from ..exceptions import PictureRefused
from ..models import AbstractImage
from .preparing import run_picture_job
from .renditions import LOADERS, mark_of, original_on_disk
from .uploads import Uploaded, upload_asset

if TYPE_CHECKING:
    from ..models import AbstractAsset

__all__ = ["can_crop", "crop_image"]

_FORMATS = {"jpg": "jpeg", "png": "png", "webp": "webp", "gif": "png", "avif": "avif", "heic": "jpeg"}


def can_crop(asset: AbstractAsset) -> bool:
    """Return whether parts can be cut out: of pictures made of pixels that do not move."""
    return isinstance(asset, get_image_model()) and asset.suffix in _FORMATS and asset.frames == 1


def crop_image(
    image: AbstractImage, *, actor: ActorLike, x: float, y: float, width: float, height: float, title: str = ""
) -> Uploaded:
    """Make a copy of the part that begins at (``x``, ``y``); all four are fractions of the whole.

    The original stays. A generated picture's part keeps its marks. Raises InvalidInput, PictureRefused and what uploads raise.
    """
    who = Actor.of(actor)
    policy_for(image).require(who, "download", image)
    numbers = {"x": x, "y": y, "width": width, "height": height}
    wrong = {name: [_("A number from 0 to 1.")] for name, number in numbers.items() if not 0 <= number <= 1}
    if not wrong and (width <= 0 or height <= 0 or x + width > 1.000001 or y + height > 1.000001):
        wrong = {"width": [_("The part to keep lies outside the picture.")]}
    if wrong:
        raise InvalidInput(errors=wrong)
    if image.suffix == "svg":
        raise PictureRefused(_("An SVG drawing cannot be cropped."), code="no_crop", field="crop")
    format = _FORMATS[image.suffix]
    with original_on_disk(image) as path:
        outcome = run_picture_job(
            path, path.parent, LOADERS[image.suffix], (), [format], (0.5, 0.5), mark_of(image), (x, y, width, height)
        )
        made = Path(outcome.made[0].path)
        with made.open("rb") as file:
            return upload_asset(
                file,
                actor=who,
                name=f"{Path(image.name).stem}{made.suffix}",
                folder=image.folder
                if image.folder and image.folder.owner_id == getattr(who.account, "pk", None)
                else None,
                title=title or _("%(title)s (part)") % {"title": image.title},
                alt=image.alt,
                caption=image.caption,
                credit=image.credit,
                visibility=image.visibility,
                prompt=image.prompt,
                digital_source_type=image.digital_source_type,
                provenance={**(image.provenance or {}), "cropped_from": image.pk},
            )
