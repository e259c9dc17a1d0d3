"""A host that mounts the interface elsewhere, without the admin."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("cms/v1/", include("ai_cms.core.api.urls"))]
