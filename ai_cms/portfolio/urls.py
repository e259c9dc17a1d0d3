"""The further pages of portfolios and their style sheets; mounted at ``p/`` (``PORTFOLIO_SLUG``), before the pages.

The home page of a portfolio is a page like any other: ``ai_cms.pages.urls`` serves it.
"""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "ai_cms_portfolio"

urlpatterns = [
    path("-/<str:token>.css", views.styles_view, name="styles"),
    path("<str:slug>/<str:page>/", views.page_view, name="page"),
]
