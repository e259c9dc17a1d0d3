"""Avatars: an uploaded picture is looked at, not believed, and stored made anew, small and without what a camera wrote."""

from __future__ import annotations

import io
import warnings
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, TooLarge
from ai_cms.core.pictures import CleanPicture, PictureRules, picture_cleaners

from .conf import accounts_settings
from .exceptions import PackageMissing

__all__ = ["FORMATS", "clean_avatar", "clean_picture", "replace_avatar"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def clean_avatar(file: Any, field: str = "avatar") -> ContentFile[bytes]:
    """Return the first frame of an uploaded picture as a small file without metadata.

    Where an app has registered a cleaner of pictures, as ``ai_cms.assets`` does, that one does it. ``file``: an open file with
    ``size``. Raises InvalidInput for anything but a picture within the limits.
    """
    if file.size > accounts_settings.AVATAR_MAX_BYTES:
        most = accounts_settings.AVATAR_MAX_BYTES // 1000
        raise InvalidInput(errors={field: [_("The picture may have at most %(most)d kB.") % {"most": most}]})
    rules = PictureRules(accounts_settings.AVATAR_SIZE, accounts_settings.AVATAR_MAX_PIXELS)
    try:
        made = picture_cleaners.best(clean_picture)(file, rules)
    except (InvalidInput, TooLarge) as error:
        # By the name of this form's field, whatever the cleaner calls it.
        said = [str(message) for problems in (error.errors or {}).values() for message in problems] or [
            str(error.detail)
        ]
        raise InvalidInput(errors={field: said}) from error
    stored = ContentFile(made.data, name=f"avatar.{made.suffix}")
    # A bucket keeps it with the file; by the name alone it is what the machine's tables know, and they may not know WebP.
    mime = "image/jpeg" if made.suffix == "jpg" else f"image/{made.suffix}"
    stored.content_type = mime  # type: ignore[attr-defined]
    return stored


def clean_picture(file: Any, rules: PictureRules) -> CleanPicture:
    """Return the first frame of an open file as a small PNG or JPEG picture: the cleaner of sites without ``ai_cms.assets``.

    Raises InvalidInput, PackageMissing.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise PackageMissing("accounts") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > rules.pixels:
                    raise InvalidInput(errors={"file": [_("The picture has too many pixels.")]})
                # JPEG decodes at a fraction of its size.
                picture.draft("RGB", (2 * rules.size,) * 2)
                upright = ImageOps.exif_transpose(picture)
                mode = "RGBA" if upright.has_transparency_data else "RGB"
                small = upright.convert(mode)
    except InvalidInput:
        raise
    except Exception as error:
        # A decoder fed with anything raises anything.
        raise InvalidInput(errors={"file": [_("Upload a JPEG, PNG, WebP or GIF picture.")]}) from error
    small.thumbnail((rules.size,) * 2)
    out = io.BytesIO()
    small.info.clear()
    small.save(out, "PNG" if mode == "RGBA" else "JPEG", **({} if mode == "RGBA" else {"quality": 88}))
    return CleanPicture(out.getvalue(), "png" if mode == "RGBA" else "jpg")


def replace_avatar(user: Any, file: ContentFile[bytes] | None) -> None:
    """Store a new avatar, or none, and take the old file away once the row is written."""
    storage, old = user.avatar.storage, user.avatar.name
    if file is None:
        user.avatar = ""
    else:
        user.avatar.save(file.name, file, save=False)
    try:
        user.save(update_fields=["avatar", "updated_at"])
    except Exception:
        if file is not None:
            storage.delete(user.avatar.name)
        raise
    if old:
        storage.delete(old)
