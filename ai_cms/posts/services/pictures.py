"""The picture that comes along with a post: taken in before it, and taken away again where the post is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _

from ai_cms.assets import get_image_model
from ai_cms.assets.services import delete_asset, upload_asset
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, ActorLike

__all__ = ["with_picture"]


@contextmanager
def with_picture(values: dict[str, Any], *, actor: ActorLike, alt: str = "") -> Iterator[None]:
    """Put the key of the picture in place of an open file at ``values["fields"]["thumbnail"]``, for as long as the post is
    written.

    ``alt``: what a new picture shows. Must not be used in a transaction. Raises InvalidInput for a file that is no picture, and
    what the upload raises.
    """
    fields = values["fields"]
    file = fields.get("thumbnail")
    if not isinstance(file, File):
        yield
        return
    made = upload_asset(file, actor=actor, name=str(file.name), alt=alt)
    try:
        if not isinstance(made.asset, get_image_model()):
            raise InvalidInput(errors={"thumbnail": [_("Send a picture.")]})
        fields["thumbnail"] = made.asset.pk
        yield
    except Exception:
        if made.created:
            delete_asset(made.asset, actor=Actor.system("posts"), force=True)
        raise
