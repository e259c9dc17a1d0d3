"""``/assets/``: pictures and files."""

from __future__ import annotations

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.assets import get_asset_model, get_image_model
from ai_cms.assets.intake.fetching import fetched
from ai_cms.assets.links import signed_link
from ai_cms.assets.models import AbstractAsset, Visibility
from ai_cms.assets.querysets import AssetQuerySet
from ai_cms.assets.services import (
    Uploaded,
    accept_alt_text,
    change_several,
    compare_replacement,
    crop_image,
    delete_asset,
    refuse_alt_text,
    replace_file,
    update_asset,
    upload_asset,
)
from ai_cms.assets.services.direct import complete_upload, reserve_upload
from ai_cms.assets.usage import usage_counts, usage_of
from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.filters import DjangoFilterBackend, MomentFilter, OrderingFilter
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.exceptions import InvalidInput, NotFound

from .base import AssetsViewSet
from .serializers import (
    AltTextDecisionSerializer,
    AssetSerializer,
    AssetUpdateSerializer,
    BulkResultSerializer,
    BulkSerializer,
    CropSerializer,
    DirectUploadSerializer,
    FetchSerializer,
    ReplaceSerializer,
    ReservedSerializer,
    UploadSerializer,
    UsageSerializer,
)
from .shapes import asset_json

__all__ = ["AssetViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
UPLOADED = {
    201: AssetSerializer,
    200: OpenApiResponse(AssetSerializer, description="You have this file already; duplicate_of names it."),
}
MULTIPART = {"multipart/form-data": UploadSerializer}


class AssetFilter(filters.FilterSet):  # type: ignore[misc]
    """Lists by kind, folder, tag, and what pictures lack."""

    kind = filters.ChoiceFilter(choices=[("image", "image"), ("file", "file")], method="of_kind")
    folder = filters.NumberFilter(field_name="folder_id", min_value=1, max_value=2**63 - 1)
    visibility = filters.ChoiceFilter(choices=Visibility.choices)
    tag = filters.CharFilter(method="tagged", max_length=50)
    alt_proposal = filters.BooleanFilter(method="with_proposal")
    missing_alt = filters.BooleanFilter(method="lacking_alt")
    top = filters.BooleanFilter(field_name="folder", lookup_expr="isnull", label="Not in any folder.")
    mime = filters.CharFilter(lookup_expr="startswith", max_length=100)
    search = filters.CharFilter(method="found", max_length=200)
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")

    def of_kind(self, rows: AssetQuerySet, name: str, value: str) -> AssetQuerySet:
        pictures = get_image_model().objects.non_polymorphic().values("pk")
        return rows.filter(pk__in=pictures) if value == "image" else rows.exclude(pk__in=pictures)

    def tagged(self, rows: AssetQuerySet, name: str, value: str) -> AssetQuerySet:
        return rows.filter(tags__key=" ".join(value.split()).casefold()[:60])

    def lacking_alt(self, rows: AssetQuerySet, name: str, value: bool) -> AssetQuerySet:
        lacking = get_image_model().objects.non_polymorphic().without_alt().values("pk")
        return rows.filter(pk__in=lacking) if value else rows.exclude(pk__in=lacking)

    def with_proposal(self, rows: AssetQuerySet, name: str, value: bool) -> AssetQuerySet:
        proposed = get_image_model().objects.non_polymorphic().without_alt().filter(alt_suggestion__has_key="text")
        return rows.filter(pk__in=proposed.values("pk")) if value else rows.exclude(pk__in=proposed.values("pk"))

    def found(self, rows: AssetQuerySet, name: str, value: str) -> AssetQuerySet:
        return rows.found_by(value)


@extend_schema_view(
    list=extend_schema(
        summary="List assets",
        description="The newest first.",
        parameters=[
            OpenApiParameter("usage", bool, description="Say of each how many drafts and publications use it.")
        ],
        responses=AssetSerializer(many=True),
    ),
    retrieve=extend_schema(summary="Read an asset", parameters=[ID], responses=AssetSerializer),
)
class AssetViewSet(AssetsViewSet):
    """Pictures and files."""

    serializer_class = AssetSerializer
    filter_backends = (DjangoFilterBackend, OrderingFilter)
    filterset_class = AssetFilter
    ordering_fields = ("created_at", "title", "size")
    required_scopes = {"link": "read", "destroy": "write"}

    def list(self, request: Request) -> Response:
        found = self.page_of(self.filter_queryset(self.get_queryset()))
        rows = [asset_json(row, request, with_tags=False) for row in found]
        if request.query_params.get("usage", "").lower() in ("1", "true"):
            counts = usage_counts(found)
            rows = [{**row, "usage": counts[row["id"]]} for row in rows]
        return self.get_paginated_response(rows)

    def retrieve(self, request: Request, id: str) -> Response:
        return Response(asset_json(self.asset(), request))

    @extend_schema(summary="Upload a file", request=MULTIPART, responses=UPLOADED)
    def create(self, request: Request) -> Response:
        values = self.body(request, UploadSerializer)
        file = values.pop("file")
        return self._uploaded(upload_asset(file, actor=self.actor, name=file.name, **values))

    @extend_schema(summary="Change an asset", parameters=[ID], request=AssetUpdateSerializer, responses=AssetSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        asset = self.asset()
        self.require("change", asset)
        update_asset(asset, actor=self.actor, **self.body(request, AssetUpdateSerializer, partial=True))
        return Response(asset_json(self._fresh(asset), request))

    @extend_schema(
        summary="Delete an asset",
        description="Refused with 409 and the uses while pages use it, unless force is true.",
        parameters=[ID, OpenApiParameter("force", bool)],
        responses={204: None},
    )
    def destroy(self, request: Request, id: str) -> Response:
        force = request.query_params.get("force", "").lower() in ("1", "true")
        delete_asset(self.asset(), actor=self.actor, force=force)
        return Response(status=204)

    @extend_schema(
        summary="Replace the file",
        description="Key, permalink and everything said of it stay. With dry_run: what would change.",
        parameters=[ID],
        request={"multipart/form-data": ReplaceSerializer},
        responses=AssetSerializer,
    )
    @action(detail=True, methods=["post"])
    def replace(self, request: Request, id: str) -> Response:
        asset = self.asset()
        self.require("change", asset)
        values = self.body(request, ReplaceSerializer)
        if values["dry_run"]:
            return Response(compare_replacement(asset, values["file"], actor=self.actor))
        expected = values.get("expected_sha256", "")
        replace_file(asset, values["file"], actor=self.actor, expected_sha256=expected)
        return Response(asset_json(self._fresh(asset), request))

    @extend_schema(
        summary="Cut a part out",
        description="As a picture of its own; the numbers are fractions of the whole.",
        parameters=[ID],
        request=CropSerializer,
        responses=UPLOADED,
    )
    @action(detail=True, methods=["post"])
    def crop(self, request: Request, id: str) -> Response:
        asset = self.asset()
        if not isinstance(asset, get_image_model()):
            raise NotFound
        return self._uploaded(crop_image(asset, actor=self.actor, **self.body(request, CropSerializer)))

    @extend_schema(summary="Where an asset is used", parameters=[ID], responses=UsageSerializer)
    @action(detail=True, methods=["get"])
    def usage(self, request: Request, id: str) -> Response:
        usage = usage_of(self.asset())
        shown = [
            {
                "kind": use.kind,
                "title": use.label,
                "id": getattr(use.target, "page_id", use.target.pk),
                "url": request.build_absolute_uri(use.url) if use.url else "",
            }
            for use in usage.seen_by(self.actor)
        ]
        return Response({**usage.counts(), "uses": shown})

    @extend_schema(
        summary="Make a signed address",
        description="Good for a while, to whoever has it; of the file, or of one of its renditions (large.webp).",
        parameters=[ID, OpenApiParameter("rendition", str)],
        responses={200: {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]}},
    )
    @action(detail=True, methods=["get"])
    def link(self, request: Request, id: str) -> Response:
        asset = self.asset()
        self.require("download", asset)
        wanted = request.query_params.get("rendition", "")
        row = None
        if wanted:
            spec, _dot, format = wanted.partition(".")
            row = asset.renditions.filter(spec=spec, format=format).first()
            if row is None:
                raise InvalidInput(errors={"rendition": ["There is no such rendition."]})
        return Response({"url": request.build_absolute_uri(signed_link(asset, row))})

    @extend_schema(summary="Take a file from an address", request=FetchSerializer, responses=UPLOADED)
    @action(detail=False, methods=["post"])
    def fetch(self, request: Request) -> Response:
        self.require("add")
        values = self.body(request, FetchSerializer)
        with fetched(values.pop("url")) as (file, name):
            return self._uploaded(upload_asset(file, actor=self.actor, **{"name": name, **values}))

    @extend_schema(summary="Begin a direct upload", request=DirectUploadSerializer, responses={201: ReservedSerializer})
    @action(detail=False, methods=["post"])
    def uploads(self, request: Request) -> Response:
        reserved = reserve_upload(actor=self.actor, **self.body(request, DirectUploadSerializer))
        data = {
            "id": reserved.upload.pk,
            "url": reserved.url,
            "fields": reserved.fields,
            "expires_at": reserved.upload.expires_at,
        }
        return Response(data, status=201)

    @extend_schema(summary="Complete a direct upload", request=None, responses=UPLOADED)
    def complete(self, request: Request, upload: str) -> Response:
        self.body(request, EmptySerializer)
        return self._uploaded(complete_upload(upload, actor=self.actor))

    @extend_schema(
        summary="Move, tag or delete several",
        description="Each as a whole or not at all, by its own right; the answer says what became of each.",
        request=BulkSerializer,
        responses=BulkResultSerializer,
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        values = self.body(request, BulkSerializer)
        results = change_several(values.pop("ids"), values.pop("action"), actor=self.actor, **values)
        done = sum(result.error is None for result in results)
        return Response({"changed": done, "results": [result.to_json() for result in results]})

    @extend_schema(
        summary="Decide on a proposed text",
        description="Accept it, corrected by text or as it is, or reject it.",
        parameters=[ID],
        request=AltTextDecisionSerializer,
        responses=AssetSerializer,
    )
    @action(detail=True, methods=["post"], url_path="alt-text", url_name="alt-text")
    def alt_text(self, request: Request, id: str) -> Response:
        asset = self.asset()
        if not isinstance(asset, get_image_model()):
            raise NotFound
        self.require("change", asset)
        values = self.body(request, AltTextDecisionSerializer)
        if values["decision"] == "accept":
            accept_alt_text(asset, actor=self.actor, text=values.get("text"))
        else:
            refuse_alt_text(asset, actor=self.actor)
        return Response(asset_json(self._fresh(asset), request))

    def _uploaded(self, uploaded: Uploaded) -> Response:
        data = asset_json(self._fresh(uploaded.asset), self.request)
        if uploaded.created:
            return self.created(data, "asset-detail", uploaded.asset.pk)
        return Response({**data, "duplicate_of": uploaded.asset.pk})

    def _fresh(self, asset: AbstractAsset) -> AbstractAsset:
        fresh: AbstractAsset = get_asset_model().objects.listed().get(pk=asset.pk)
        return fresh
