"""Signed addresses of private files: good for a while, for one file as it is now, and for nothing else."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.urls import reverse

from ai_cms.core.exceptions import NotFound

from . import get_asset_model
from .conf import assets_settings
from .models import AbstractAsset, Rendition

__all__ = ["open_link", "signed_link"]

_SALT = "ai_cms.assets.links"


def signed_link(asset: AbstractAsset, rendition: Rendition | None = None) -> str:
    """Return the path of a signed address of the asset's file or of one of its renditions."""
    value = [asset.pk, asset.sha256[:16], f"{rendition.spec}.{rendition.format}" if rendition is not None else ""]
    return reverse("ai_cms_assets:signed", args=[signing.dumps(value, salt=_SALT, compress=False)])


def open_link(token: str) -> tuple[Any, str]:
    """Return the asset that a signed address names, and which rendition. Raises NotFound: late, forged, or another file now."""
    try:
        pk, digest, name = signing.loads(token, salt=_SALT, max_age=assets_settings.ASSET_LINK_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound from None
    asset = get_asset_model().objects.filter(pk=pk).first()
    if asset is None or asset.sha256[:16] != digest:
        raise NotFound
    return asset, str(name)
