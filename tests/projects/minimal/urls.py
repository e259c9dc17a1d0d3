"""The API and the health check."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/", include("ai_cms.core.api.urls")),
    path("", include("ai_cms.core.urls")),
]
