"""The URLs of the REST interface; a host mounts them with ``path("api/", include("ai_cms.core.api.urls"))``."""

from __future__ import annotations

from typing import Any

from django.urls import path

from .docs import DocsView
from .routers import api_router
from .schema import SchemaView

__all__ = ["api_patterns", "app_name", "urlpatterns"]

app_name = "ai_cms_api"


def api_patterns() -> list[Any]:
    """Return the registered routes."""
    return list(api_router.urls)


urlpatterns = [
    *api_patterns(),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
]
