"""A host that mounts neither the admin nor the health check."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("bare/", lambda request: HttpResponse("bare"))]
