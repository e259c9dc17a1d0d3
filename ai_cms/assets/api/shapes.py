"""Assets as JSON, from their rows alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

from ai_cms.assets import get_image_model
from ai_cms.assets.pictures import address_of, picture_of, rendition_of
from ai_cms.assets.querysets import real
from ai_cms.core.jsontypes import JsonObject

from ..models import AbstractAsset

__all__ = ["asset_json", "file_json"]


def asset_json(asset: Any, request: HttpRequest | Request, *, with_tags: bool = True) -> JsonObject:
    """Return an asset in the shape of :class:`AssetSerializer`; addresses are whole, with the host."""
    asset = real(asset)
    whole = request.build_absolute_uri
    is_image = isinstance(asset, get_image_model())
    thumb = rendition_of(asset, "thumb")
    picture = picture_of(asset)
    found: JsonObject = {
        "id": asset.pk,
        "kind": "image" if is_image else "file",
        "title": asset.title,
        "name": asset.name,
        "mime": asset.mime,
        "size": asset.size,
        "sha256": asset.sha256,
        "url": whole(picture["src"]),
        "permalink": whole(asset.permalink),
        "reference": asset.reference,
        "visibility": asset.visibility,
        "owner": asset.owner_id,
        "folder": asset.folder_id,
        "caption": asset.caption,
        "credit": asset.credit,
        "prompt": asset.prompt,
        "digital_source_type": asset.digital_source_type,
        "provenance": asset.provenance,
        "created_at": asset.created_at,
        "updated_at": asset.updated_at,
        "width": asset.width if is_image else None,
        "height": asset.height if is_image else None,
        "frames": asset.frames if is_image else None,
        "alt": asset.alt if is_image else None,
        "alt_proposal": (asset.alt_suggestion or {}).get("text") if is_image else None,
        "decorative": asset.decorative if is_image else None,
        "focal_point": {"x": asset.focal_x, "y": asset.focal_y} if is_image else None,
        "placeholder": asset.placeholder if is_image else None,
        "srcset": _absolute_set(picture.get("srcset", ""), whole) if is_image else None,
        "thumbnail": whole(address_of(asset, thumb)) if thumb is not None else None,
        "renditions": {
            f"{row.spec}.{row.format}": {
                "url": whole(address_of(asset, row)),
                "width": row.width,
                "height": row.height,
                "size": row.size,
            }
            for row in asset.renditions.all()
        },
        "duration": None if is_image else asset.duration,
    }
    if with_tags:
        found["tags"] = [tag.word for tag in asset.tags.all()]
    return found


def file_json(asset: AbstractAsset, request: HttpRequest | Request) -> JsonObject:
    """Return an asset in the shape of :class:`FileSerializer`."""
    asset = real(asset)
    return {
        "id": asset.pk,
        "title": asset.title,
        "file": request.build_absolute_uri(picture_of(asset)["src"]),
        "size": asset.size,
        "uploaded_at": asset.created_at,
    }


def _absolute_set(srcset: str, whole: Callable[[str], str]) -> str:
    parts = [part.rsplit(" ", 1) for part in srcset.split(", ") if part]
    return ", ".join(f"{whole(url)} {width}" for url, width in parts)
