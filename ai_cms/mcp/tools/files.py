"""Pictures and files: listed, and taken in at an address of their own, for bytes have no place in arguments."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from django.urls import reverse
from pydantic import Field

from ai_cms.assets import get_asset_model, get_image_model
from ai_cms.assets.conf import assets_settings
from ai_cms.assets.querysets import real
from ai_cms.core.permissions import get_policy

from ...core.jsontypes import JsonObject
from ..conf import mcp_settings
from ..exceptions import BadArguments
from ..registry import Arguments, Context, tool
from ..state import seal_upload

__all__ = ["shown_asset"]


class ListArguments(Arguments):
    query: Annotated[str, Field(max_length=200)] = ""
    kind: Literal["any", "image", "file"] = "any"
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class UploadArguments(Arguments):
    name: Annotated[str, Field(min_length=1, max_length=200, description="File name.")]
    size: Annotated[int, Field(ge=1, description="Bytes.")]
    alt: Annotated[str, Field(max_length=500, description="What a picture shows.")] = ""
    title: Annotated[str, Field(max_length=255)] = ""


@tool(scope="read")
def list_assets(context: Context, arguments: ListArguments) -> JsonObject:
    """Pictures and files; use reference (asset:…) in blocks."""
    model = get_asset_model()
    rows: Any = get_policy(model).visible(context.actor, model.objects.all())
    rows = rows.listed()
    if arguments.query:
        rows = rows.found_by(arguments.query)
    if arguments.kind != "any":
        pictures = get_image_model().objects.non_polymorphic().values("pk")
        rows = rows.filter(pk__in=pictures) if arguments.kind == "image" else rows.exclude(pk__in=pictures)
    found = [shown_asset(real(row)) for row in rows.order_by("-pk")[: arguments.limit]]
    if found:
        # Names and texts of files are whatever whoever uploaded them has written there.
        context.caller.has_read("names and texts of uploaded files")
    return {"assets": found}


@tool(scope="write")
def register_upload(context: Context, arguments: UploadArguments) -> JsonObject:
    """Get an address for one file: send its bytes there by PUT, without a token; the answer names the reference."""
    get_policy(get_asset_model()).require(context.actor, "add")
    if context.caller.token is None:
        raise BadArguments("Only API tokens can upload. Ask a person to upload the file.")
    if arguments.size > assets_settings.ASSET_MAX_BYTES:
        raise BadArguments(f"size: a file may have at most {assets_settings.ASSET_MAX_BYTES} bytes.")
    value = {
        "token": context.caller.token.pk,
        "once": secrets.token_urlsafe(12),
        **arguments.model_dump(exclude_defaults=True),
    }
    address = reverse("ai_cms_mcp:upload", args=[seal_upload(value)])
    return {"method": "PUT", "url": context.address(address), "seconds": mcp_settings.MCP_UPLOAD_SECONDS}


def shown_asset(asset: Any) -> JsonObject:
    """Return what a model needs to know of an asset."""
    shown = {"reference": asset.reference, "title": asset.title, "name": asset.name, "mime": asset.mime}
    if isinstance(asset, get_image_model()):
        shown |= {"alt": asset.alt, "width": asset.width, "height": asset.height}
    return shown
