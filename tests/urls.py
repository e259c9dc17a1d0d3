"""The URLs of the test suite, as a host project would mount them."""

from __future__ import annotations

from importlib.util import find_spec

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("ai_cms.core.urls")),
    path("api/", include("ai_cms.core.api.urls")),
]
if apps.is_installed("ai_cms.accounts"):
    urlpatterns.append(path("accounts/", include("ai_cms.accounts.web.urls")))
if apps.is_installed("ai_cms.assets"):
    urlpatterns.append(path("", include("ai_cms.assets.urls")))
if apps.is_installed("ai_cms.portfolio"):
    urlpatterns.append(path("portfolio/", include("ai_cms.portfolio.web.routes")))
    urlpatterns.append(path("p/", include("ai_cms.portfolio.urls")))
if apps.is_installed("ai_cms.chat"):
    urlpatterns.append(path("chat/", include("ai_cms.chat.urls")))
if apps.is_installed("ai_cms.posts"):
    urlpatterns.append(path("write/", include("ai_cms.posts.web.routes")))
    urlpatterns.append(path("", include("ai_cms.posts.urls")))
if apps.is_installed("ai_cms.studio"):
    urlpatterns.append(path("studio/", include("ai_cms.studio.urls")))
if apps.is_installed("ai_cms.mcp"):
    urlpatterns.append(path("mcp/", include("ai_cms.mcp.urls")))
if apps.is_installed("ai_cms.machines"):
    urlpatterns.append(path("", include("ai_cms.machines.urls")))
# The pages take every path that is left, so they come last.
if apps.is_installed("ai_cms.pages") and find_spec("ai_cms.pages.urls"):
    urlpatterns.append(path("", include("ai_cms.pages.urls")))
