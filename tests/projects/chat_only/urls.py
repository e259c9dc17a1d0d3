"""The API, the admin and the health check."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("ai_cms.core.api.urls")),
    path("", include("ai_cms.core.urls")),
]
