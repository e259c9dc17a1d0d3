"""The studio under a path of the host's choice, and the public pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("desk/", include("ai_cms.studio.urls")),
    path("", include("ai_cms.core.urls")),
    path("", include("ai_cms.pages.urls")),
]
