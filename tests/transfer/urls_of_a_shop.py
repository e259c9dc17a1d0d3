"""A host project with a route that takes every address of one part."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def product(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(slug)


urlpatterns = [path("<slug:slug>/", product), path("", include("ai_cms.pages.urls"))]
