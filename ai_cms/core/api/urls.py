"""The URLs of the REST interface; a host mounts them with ``path("api/", include("ai_cms.core.api.urls"))``."""

from __future__ import annotations

from django.urls import path

from .docs import DocsView
from .routers import api_router
from .schema import SchemaView

__all__ = ["app_name", "urlpatterns"]

app_name = "ai_cms_api"


urlpatterns = [
    *api_router.urls,
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
]
