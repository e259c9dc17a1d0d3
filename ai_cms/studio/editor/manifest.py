"""What an editor can put into a page: the block types, with how a new one begins."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from ai_cms.blocks.html.richtext import allow_list
from ai_cms.blocks.schema import catalogue, catalogue_etag
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import AbstractPage

from .answers import JsonView

__all__ = ["ManifestView", "block_types"]


def block_types(page: AbstractPage, actor: Actor) -> list[JsonObject]:
    """Return the block types that ``actor`` may write on ``page``, with JSON Schema, defaults and nesting rules."""
    return [
        entry
        for entry in catalogue(allowed=page.allowed_blocks, switched_off=False)
        if entry["permission"] is None or actor.has_perm(entry["permission"])
    ]


class ManifestView(JsonView):
    """The block types; 304 to a browser that has them."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        entries = block_types(self.page(), self.actor)
        etag = catalogue_etag(entries)
        if etag in [item.strip().removeprefix("W/") for item in request.headers.get("If-None-Match", "").split(",")]:
            response: Any = HttpResponse(status=304)
        else:
            response = self.answer({"types": entries, "html": allow_list()})
        response["ETag"] = etag
        # Kept by the browser and asked about each time; what a person may write can change.
        response["Cache-Control"] = "private, no-cache"
        return response  # type: ignore[no-any-return]
