"""The routes of assets, registered when the app is ready."""

from __future__ import annotations

from django.urls import path

from ai_cms.core.api.routers import api_router

from .assets import AssetViewSet
from .files import FileViewSet, FolderViewSet

api_router.register("assets", AssetViewSet, basename="asset")
api_router.register("files", FileViewSet, basename="file")
api_router.register("folders", FolderViewSet, basename="folder")
api_router.add_urls(
    [
        path(
            "assets/uploads/<uuid:upload>/complete/",
            AssetViewSet.as_view({"post": "complete"}),
            name="asset-upload-complete",
        )
    ]
)
