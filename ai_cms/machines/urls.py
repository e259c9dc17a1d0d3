"""The routes for machines; they come before those of the pages, which take every path."""

from __future__ import annotations

from django.urls import path, re_path

from . import views

app_name = "ai_cms_machines"

urlpatterns = [
    path("llms.txt", views.llms_txt_view, name="llms-txt"),
    path("robots.txt", views.robots_view, name="robots"),
    re_path(r"^(?P<path>.+)\.md$", views.markdown_view, name="markdown"),
]
