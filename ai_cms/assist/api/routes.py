"""The routes of ``ai_cms.assist``; imported when the app is ready."""

from __future__ import annotations

from django.apps import apps
from django.urls import path

from ai_cms.core.api.routers import api_router

from .views import GenerateImageView, GenerateTextView, TasksView

urls = [
    path("ai/tasks/", TasksView.as_view(), name="ai-tasks"),
    path("ai/generate-text/", GenerateTextView.as_view(), name="ai-generate-text"),
    path("ai/generate-image/", GenerateImageView.as_view(), name="ai-generate-image"),
]
if apps.is_installed("ai_cms.assets"):
    from .alt_texts import AltTextsView

    urls.append(path("ai/alt-texts/", AltTextsView.as_view(), name="ai-alt-texts"))

api_router.add_urls(urls)
