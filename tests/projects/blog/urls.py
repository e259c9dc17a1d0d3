"""The API, the files and the public pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/", include("ai_cms.core.api.urls")),
    path("", include("ai_cms.core.urls")),
    path("", include("ai_cms.assets.urls")),
    path("", include("ai_cms.pages.urls")),
]
