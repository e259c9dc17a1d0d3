"""Where files are fetched that a view hands out, and the permanent addresses of all assets."""

from __future__ import annotations

from django.urls import path

from .views import file_view, rendition_view, signed_view

app_name = "ai_cms_assets"

urlpatterns = [
    path("assets/<int:pk>/", file_view, name="file"),
    path("assets/<int:pk>/<slug:spec>.<slug:format>", rendition_view, name="rendition"),
    path("assets/signed/<str:token>/", signed_view, name="signed"),
]
