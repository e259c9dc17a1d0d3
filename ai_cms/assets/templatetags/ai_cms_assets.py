"""``{% load ai_cms_assets %}``: assets in templates of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ai_cms.assets.pictures import picture_of
from ai_cms.assets.querysets import real

if TYPE_CHECKING:
    from ..models import AbstractAsset

register = template.Library()


@register.simple_tag
def asset_picture(
    asset: AbstractAsset,
    spec: str = "",
    *,
    alt: str | None = None,
    sizes: str = "100vw",
    css: str = "",
    lazy: bool = True,
) -> SafeString:
    """Show a picture asset: ``{% asset_picture page.cover "card" %}``.

    ``spec``: one declared size; without it the browser chooses from the sizes with ``srcset``. ``alt``: another text than the
    asset's. ``sizes``: as in HTML. Of nothing, nothing. For many pictures select them with ``objects.shown()``: two queries.
    Raises ValueError for a size that is not declared.
    """
    if not asset:
        return SafeString("")
    picture = picture_of(real(asset), spec=spec)
    return SafeString(
        render_to_string(
            "ai_cms/blocks/includes/picture.html",
            {
                "picture": picture,
                "src": picture["src"],
                "alt": picture.get("alt", "") if alt is None else alt,
                "sizes": sizes,
                "width": picture.get("width"),
                "height": picture.get("height"),
                "css": css,
                "lazy": lazy,
            },
        )
    )
