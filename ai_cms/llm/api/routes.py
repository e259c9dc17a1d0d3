"""The routes of ``ai_cms.llm``; imported when the app is ready."""

from __future__ import annotations

from django.urls import path

from ai_cms.core.api.routers import api_router

from .logs import AILogViewSet, BackendsView, CreditEntryViewSet, CreditsView, GrantView
from .runs import RunViewSet

api_router.register("ai/logs", AILogViewSet, basename="ai-log")
api_router.register("ai/credits/entries", CreditEntryViewSet, basename="ai-credit-entry")
api_router.register("runs", RunViewSet, basename="run")
api_router.add_urls(
    [
        path("ai/credits/", CreditsView.as_view(), name="ai-credits"),
        path("ai/credits/grant/", GrantView.as_view(), name="ai-credits-grant"),
        path("ai/backends/", BackendsView.as_view(), name="ai-backends"),
    ]
)
