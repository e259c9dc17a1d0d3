"""The measured site's URLs, and a bare view beside them: what Django itself costs with one indexed row."""

from __future__ import annotations

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from ai_cms.pages.models import Publication


def floor(request: HttpRequest, pk: int) -> HttpResponse:
    body = Publication.objects.values_list("body", flat=True).get(page_id=pk)
    return HttpResponse("{" + body, content_type="application/json")


urlpatterns = [
    path("floor/<int:pk>/", floor),
    path("api/", include("ai_cms.core.api.urls")),
    *([path("", include("ai_cms.posts.urls"))] if apps.is_installed("ai_cms.posts") else []),
    path("", include("ai_cms.pages.urls")),
]
