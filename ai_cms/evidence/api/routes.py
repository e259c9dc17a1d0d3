"""The routes of evidence, registered when the app is ready."""

from __future__ import annotations

from django.urls import path

from ai_cms.core.api.routers import api_router

from .evidence import AuthorshipSummaryView, AuthorshipView, DossierView, VerifyView, WaitingView
from .undo import ActViewSet

api_router.register("acts", ActViewSet, basename="act")

api_router.add_urls(
    [
        path("evidence/pages/<str:id>/", DossierView.as_view(), name="evidence-page"),
        path("evidence/pages/<str:id>/unreviewed/", WaitingView.as_view(), name="evidence-unreviewed"),
        path("evidence/verify/", VerifyView.as_view(), name="evidence-verify"),
        path("evidence/authorship/", AuthorshipView.as_view(), name="evidence-authorship"),
        path("evidence/authorship/summary/", AuthorshipSummaryView.as_view(), name="evidence-authorship-summary"),
    ]
)
