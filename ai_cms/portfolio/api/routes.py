"""The routes of portfolios, registered when the app is ready."""

from __future__ import annotations

from django.urls import path

from ai_cms.core.api.routers import api_router

from .portfolios import PortfolioViewSet, PublicPortfolioView
from .resume_proposals import ResumeProposalViewSet
from .rows import ProjectViewSet, ResumeViewSet, SkillViewSet

api_router.register("portfolios", PortfolioViewSet, basename="portfolio")
api_router.register("projects", ProjectViewSet, basename="project")
api_router.register("skills", SkillViewSet, basename="skill")
api_router.register("resumes", ResumeViewSet, basename="resume")
api_router.register("resume-proposals", ResumeProposalViewSet, basename="resume-proposal")
api_router.add_urls(
    [
        path("public/portfolios/<str:slug>/", PublicPortfolioView.as_view(), name="public-portfolio"),
        path("resumes/import/", ResumeViewSet.as_view({"post": "take_in"}), name="resume-import"),
    ]
)
