"""The API, the admin and the public pages."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("ai_cms.core.api.urls")),
    path("", include("ai_cms.core.urls")),
    path("", include("ai_cms.pages.urls")),
]
if apps.is_installed("ai_cms.assets"):
    # Before the pages, which take every path that is left.
    urlpatterns.insert(0, path("", include("ai_cms.assets.urls")))
if apps.is_installed("ai_cms.studio"):
    urlpatterns.insert(0, path("studio/", include("ai_cms.studio.urls")))
if apps.is_installed("ai_cms.machines"):
    urlpatterns.insert(0, path("", include("ai_cms.machines.urls")))
if apps.is_installed("ai_cms.mcp"):
    urlpatterns.insert(0, path("mcp/", include("ai_cms.mcp.urls")))
if apps.is_installed("ai_cms.portfolio"):
    urlpatterns.insert(0, path("p/", include("ai_cms.portfolio.urls")))
    urlpatterns.insert(0, path("portfolio/", include("ai_cms.portfolio.web.routes")))
