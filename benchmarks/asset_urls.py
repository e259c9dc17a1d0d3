"""The addresses that :mod:`benchmarks.assets` needs: those of assets alone."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("ai_cms.assets.urls"))]
