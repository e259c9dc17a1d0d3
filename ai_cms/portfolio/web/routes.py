"""One's own portfolios; a host mounts them with ``path("portfolio/", include("ai_cms.portfolio.web.routes"))``."""

from __future__ import annotations

from django.db import transaction
from django.urls import path

from . import library, mine, papers, resume, resume_proposals, steps

app_name = "ai_cms_portfolio_web"

urlpatterns = [
    path("", mine.IndexView.as_view(), name="index"),
    path("new/", mine.NewView.as_view(), name="new"),
    path("library/<str:kind>/", library.LibraryView.as_view(), name="library"),
    path("library/resumes/add/", resume.ResumeView.as_view(), name="resume-add"),
    path("library/resumes/<int:pk>/", resume.ResumeView.as_view(), name="resume"),
    path("library/resumes/<int:pk>/json/", library.EditView.as_view(), name="resume-json"),
    path("library/<str:kind>/add/", library.AddView.as_view(), name="add"),
    path("library/resumes/import/", library.ImportView.as_view(), name="import"),
    path("library/<str:kind>/<int:pk>/", library.EditView.as_view(), name="edit"),
    path("library/<str:kind>/<int:pk>/delete/", library.DeleteView.as_view(), name="delete"),
    path("library/resumes/<int:pk>/export/", library.ExportView.as_view(), name="export"),
    # Drawing takes seconds, which no transaction of a host's ATOMIC_REQUESTS may last.
    path("library/resumes/<int:pk>/paper/", transaction.non_atomic_requests(papers.PaperView.as_view()), name="paper"),
    # A model is waited for, which no transaction may last.
    path(
        "library/resumes/<int:pk>/tailor/",
        transaction.non_atomic_requests(resume_proposals.TailorView.as_view()),
        name="resume-tailor",
    ),
    path(
        "library/resumes/<int:pk>/proposals/<int:proposal>/",
        resume_proposals.ProposalView.as_view(),
        name="resume-proposal",
    ),
    path("<int:pk>/", mine.NextView.as_view(), name="next"),
    path("<int:pk>/delete/", mine.DeletePortfolioView.as_view(), name="delete-portfolio"),
    path("<int:pk>/goal/", steps.GoalView.as_view(), name="goal"),
    path("<int:pk>/role/", steps.RoleView.as_view(), name="role"),
    path("<int:pk>/content/", steps.ContentView.as_view(), name="content"),
    path("<int:pk>/design/", steps.DesignView.as_view(), name="design"),
    path("<int:pk>/publish/", steps.PublishView.as_view(), name="publish"),
]
