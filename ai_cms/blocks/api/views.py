"""``/api/blocks/``: the catalogue of block types, and rendering for editors."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.blocks.schema import catalogue, catalogue_etag
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceView
from ai_cms.core.mappings import CleanedData

from ..rendering.batch import render_batch
from ..types.registry import blocks
from .permissions import EditsDocuments
from .serializers import BlockTypeListSerializer, RenderedSerializer, RenderRequestSerializer

__all__ = ["CatalogueView", "RenderView"]


class CatalogueView(ServiceView):
    """What can be put into documents."""

    @extend_schema(
        operation_id="blocks_list",
        tags=["blocks"],
        summary="Block types with the JSON Schema of their props",
        responses=BlockTypeListSerializer,
    )
    def get(self, request: Request) -> Response:
        entries = [
            entry
            for entry in catalogue(blocks, switched_off=False)
            if entry["permission"] is None or self.actor.has_perm(entry["permission"])
        ]
        etag = catalogue_etag(entries)
        headers = {"ETag": etag}
        if etag in [item.strip().removeprefix("W/") for item in request.headers.get("If-None-Match", "").split(",")]:
            return Response(status=304, headers=headers)
        return Response({"count": len(entries), "next": None, "previous": None, "results": entries}, headers=headers)


class RenderView(ServiceView):
    """Blocks as HTML, for the preview of an editor; stores nothing."""

    permission_classes = (EditsDocuments,)
    required_scopes = {"post": "write"}
    rate_limit = ("blocks-render", 600, 60)

    @extend_schema(
        operation_id="blocks_render",
        tags=["blocks"],
        summary="Render blocks",
        request=RenderRequestSerializer,
        responses=RenderedSerializer,
    )
    def post(self, request: Request) -> Response:
        serializer = RenderRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data: CleanedData = serializer.validated_data
        html, errors = render_batch(
            data["blocks"],
            mode=data["mode"],
            request=request._request,
            actor=self.actor,
            page_type=data.get("page_type", ""),
        )
        found = {block_id: [error.to_json() for error in items] for block_id, items in errors.items()}
        return Response({"html": html, "errors": found})
