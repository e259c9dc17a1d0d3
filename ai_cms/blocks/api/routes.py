"""The routes of blocks, registered when the app is ready."""

from __future__ import annotations

from django.urls import path

from ai_cms.core.api.routers import api_router

from . import components
from . import fields as fields
from .views import CatalogueView, RenderView

components.register()
api_router.add_urls(
    [
        path("blocks/", CatalogueView.as_view(), name="block-list"),
        path("blocks/render/", RenderView.as_view(), name="block-render"),
    ]
)
