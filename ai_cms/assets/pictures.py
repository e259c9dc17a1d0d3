"""What pages need to know of a picture, from its rows alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.http import HttpRequest

from ai_cms.blocks.documents.pictures import Picture, picture_sources
from ai_cms.blocks.html.references import references

from . import get_asset_model, get_image_model
from .conf import assets_settings, image_sizes
from .models import AbstractAsset, Rendition
from .provenance.origins import schema_org_url
from .querysets import real

__all__ = ["address_of", "best_rendition", "picture_of", "rendition_of"]

#: The formats by the wish of browsers: the best first. The last is the one that everybody shows.
_BY_MERIT = ("avif", "webp", "jpeg", "png")


def rendition_of(
    asset: AbstractAsset, spec: str, formats: Iterable[str] = ("webp", "jpeg", "png", "svg", "avif")
) -> Rendition | None:
    """Return an asset's rendition of one size, in the first of ``formats`` that there is."""
    rows = {row.format: row for row in asset.renditions.all() if row.spec in (spec, "svg")}
    return next((rows[format] for format in formats if format in rows), None)


def best_rendition(asset: AbstractAsset, *, up_to: int = 0) -> Rendition | None:
    """Return the largest rendition that shows the whole picture; ``up_to``: not wider, if there is one. WebP before others."""
    sizes = _whole_sizes()
    whole = [row for row in asset.renditions.all() if row.spec in sizes or row.spec == "svg"]
    plain = [row for row in whole if row.format != "avif"] or whole
    fitting = [row for row in plain if not up_to or row.width <= up_to] or plain
    return max(fitting, key=lambda row: (row.width, row.format == "webp"), default=None)


def address_of(asset: AbstractAsset, row: Rendition | None = None) -> str:
    """Return where a rendition, or the asset's own file, is fetched: a finished address, or a view that asks who comes."""
    if row is not None:
        return row.url or f"{asset.permalink}{row.spec}.{row.format}"
    return str(asset.url or asset.permalink)


def picture_of(asset: AbstractAsset, *, spec: str = "") -> Picture:
    """Return what a page needs to show an asset. ``spec``: one declared size of it, instead of the whole picture to choose from.

    Raises ValueError for a size that is not declared.
    """
    if not isinstance(asset, get_image_model()):
        played: Picture = {"ref": asset.reference, "src": address_of(asset)}
        cover = rendition_of(asset, "large") or rendition_of(asset, "card")
        if cover is not None:
            played["poster"] = address_of(asset, cover)
        return played
    if spec and spec not in image_sizes():
        known = ", ".join(image_sizes())
        raise ValueError(f"AI_CMS['ASSET_SIZES'] declares no size {spec!r}. Declared: {known}.")
    main = rendition_of(asset, spec) if spec else best_rendition(asset, up_to=1600)
    found: Picture = {
        "ref": asset.reference,
        "src": address_of(asset, main) if main is not None else asset.permalink,
        "width": main.width if main is not None and spec else asset.width,
        "height": main.height if main is not None and spec else asset.height,
        "alt": "" if asset.decorative else asset.alt,
    }
    if asset.placeholder:
        found["placeholder"] = asset.placeholder
    if asset.digital_source_type:
        found["digital_source_type"] = schema_org_url(asset.digital_source_type)
    wanted = {spec} if spec else _whole_sizes()
    rows = [row for row in asset.renditions.all() if row.spec in wanted]
    sets = {format: _srcset(asset, [row for row in rows if row.format == format]) for format in _BY_MERIT}
    offered = [format for format in _BY_MERIT if sets[format]]
    if offered:
        found["srcset"] = sets[offered[-1]]
        further = [{"type": f"image/{format}", "srcset": sets[format]} for format in offered[:-1]]
        if further:
            found["sources"] = further
    return found


def _srcset(asset: AbstractAsset, rows: list[Rendition]) -> str:
    # A picture smaller than two of the sizes has two renditions of one width; browsers want each width once.
    by_width = {row.width: row for row in sorted(rows, key=lambda row: row.width)}
    return ", ".join(f"{address_of(asset, row)} {width}w" for width, row in by_width.items())


def _whole_sizes() -> set[str]:
    return {name for name, size in assets_settings.ASSET_SIZES.items() if size.get("srcset")}


@picture_sources.source("asset")
def pictures_for(keys: Collection[str], public: bool) -> Mapping[str, Picture]:
    """Return the pictures and files of ``keys``; two queries, however many there are."""
    pks = [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) < 19]
    rows = get_asset_model().objects.shown().filter(pk__in=pks)
    if public:
        rows = rows.filter(visibility="public")
    return {str(row.pk): picture_of(real(row)) for row in rows}


@references.resolver("asset")
def asset_url(key: str, request: HttpRequest) -> str:
    """Return the address of an asset that was not resolved before: in templates that know no more of it."""
    found = pictures_for([key], True).get(key)
    return found["src"] if found is not None else ""
