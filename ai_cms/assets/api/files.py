"""``/files/``: the same objects as ``/assets/``, in the shape of a simple file gallery; and ``/folders/``."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.assets import get_folder_model
from ai_cms.assets.intake.names import clean_name
from ai_cms.assets.models import AbstractFolder
from ai_cms.assets.services import (
    create_folder,
    delete_asset,
    delete_folder,
    update_asset,
    update_folder,
    upload_asset,
)
from ai_cms.core.api.filters import DjangoFilterBackend, OrderingFilter, SearchFilter
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.parsers import JSONParser
from ai_cms.core.exceptions import NotFound

from .base import AssetsViewSet, as_id
from .serializers import FileSerializer, FileUpdateSerializer, FileUploadSerializer, FolderSerializer
from .shapes import file_json

__all__ = ["FileViewSet", "FolderViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


@extend_schema_view(
    list=extend_schema(summary="List files", description="The newest first.", responses=FileSerializer(many=True)),
    retrieve=extend_schema(summary="Read a file", parameters=[ID], responses=FileSerializer),
    destroy=extend_schema(
        summary="Delete a file", parameters=[ID, OpenApiParameter("force", bool)], responses={204: None}
    ),
)
class FileViewSet(AssetsViewSet):
    """Files."""

    serializer_class = FileSerializer
    filter_backends = (SearchFilter, OrderingFilter)
    search_fields = ("title", "name")
    ordering_fields = ("created_at", "title", "size")

    def list(self, request: Request) -> Response:
        found = self.page_of(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([file_json(row, request) for row in found])

    def retrieve(self, request: Request, id: str) -> Response:
        return Response(file_json(self.asset(), request))

    @extend_schema(
        summary="Upload a file",
        description="The title is the file's name unless it is given.",
        request={"multipart/form-data": FileUploadSerializer},
        responses={201: FileSerializer, 200: FileSerializer},
    )
    def create(self, request: Request) -> Response:
        values = self.body(request, FileUploadSerializer)
        file = values["file"]
        title = values.get("title") or clean_name(file.name)
        uploaded = upload_asset(file, actor=self.actor, name=file.name, title=title)
        data = file_json(uploaded.asset, request)
        if not uploaded.created:
            return Response({**data, "duplicate_of": uploaded.asset.pk})
        return self.created(data, "file-detail", uploaded.asset.pk)

    @extend_schema(summary="Rename a file", parameters=[ID], request=FileUpdateSerializer, responses=FileSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        asset = self.asset()
        self.require("change", asset)
        update_asset(asset, actor=self.actor, **self.body(request, FileUpdateSerializer))
        return Response(file_json(asset, request))

    def destroy(self, request: Request, id: str) -> Response:
        force = request.query_params.get("force", "").lower() in ("1", "true")
        delete_asset(self.asset(), actor=self.actor, force=force)
        return Response(status=204)


@extend_schema_view(
    list=extend_schema(summary="List folders", responses=FolderSerializer(many=True)),
    retrieve=extend_schema(summary="Read a folder", parameters=[ID], responses=FolderSerializer),
    create=extend_schema(summary="Make a folder", request=FolderSerializer, responses={201: FolderSerializer}),
    partial_update=extend_schema(
        summary="Rename or move a folder", parameters=[ID], request=FolderSerializer, responses=FolderSerializer
    ),
    destroy=extend_schema(summary="Delete an empty folder", parameters=[ID], responses={204: None}),
)
class FolderViewSet(AssetsViewSet):
    """Folders of assets."""

    serializer_class = FolderSerializer
    parser_classes = (JSONParser,)
    filter_backends = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_fields = ("parent",)
    search_fields = ("name",)
    ordering_fields = ("name", "created_at")
    idempotency_atomic = True
    idempotency_lease = None

    def base_queryset(self) -> QuerySet[AbstractFolder]:
        return get_folder_model()._default_manager.order_by("name", "pk")

    def folder(self) -> AbstractFolder:
        """Return the folder named in the path. Raises NotFound."""
        found: AbstractFolder | None = self.get_queryset().filter(pk=as_id(self.kwargs["id"])).first()
        if found is None:
            raise NotFound
        return found

    def list(self, request: Request) -> Response:
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(FolderSerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        return Response(FolderSerializer(self.folder()).data)

    def create(self, request: Request) -> Response:
        values = self.body(request, FolderSerializer)
        folder = create_folder(values["name"], actor=self.actor, parent=values.get("parent_id"))
        return self.created(FolderSerializer(folder).data, "folder-detail", folder.pk)

    def partial_update(self, request: Request, id: str) -> Response:
        values = self.body(request, FolderSerializer, partial=True)
        if "parent_id" in values:
            values["parent"] = values.pop("parent_id")
        return Response(FolderSerializer(update_folder(self.folder(), actor=self.actor, **values)).data)

    def destroy(self, request: Request, id: str) -> Response:
        delete_folder(self.folder(), actor=self.actor)
        return Response(status=204)
