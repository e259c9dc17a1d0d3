"""The account pages, and allauth's below ``social/``."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("ai_cms.core.api.urls")),
    path("accounts/", include("ai_cms.accounts.web.urls")),
    path("social/", include("allauth.urls")),
    path("", include("ai_cms.core.urls")),
]
