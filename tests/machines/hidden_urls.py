"""Routes of a project that has put those for machines last."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("ai_cms.pages.urls")), path("", include("ai_cms.machines.urls"))]
