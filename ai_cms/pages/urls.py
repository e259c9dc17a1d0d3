"""The public routes; a host mounts them last, since a page may have any path."""

from __future__ import annotations

from django.urls import path, re_path

from . import sitemaps, views

app_name = "ai_cms_pages"

urlpatterns = [
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap-index"),
    path("sitemap-<int:number>.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("preview/<int:page_id>/", views.preview_view, name="preview"),
    path("preview/link/<str:token>/", views.preview_link_view, name="preview-link"),
    re_path(r"^(?P<path>(?:.*/)?)$", views.page_view, name="page"),
    # Without its slash a path is redirected to the one with it.
    re_path(r"^(?P<path>.+)$", views.page_view),
]
