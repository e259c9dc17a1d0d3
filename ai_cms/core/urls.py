"""The URLs of core beside the REST interface; a host mounts them at its root."""

from __future__ import annotations

from django.urls import path

from .health import HealthCheckView

__all__ = ["app_name", "urlpatterns"]

app_name = "ai_cms_core"
urlpatterns = [path("health-check/", HealthCheckView.as_view(), name="health-check")]
