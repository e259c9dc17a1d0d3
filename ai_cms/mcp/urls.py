"""The server and what belongs to it; a host mounts them with ``path("mcp/", include("ai_cms.mcp.urls"))``."""

from __future__ import annotations

from django.apps import apps
from django.urls import path
from django.utils.module_loading import import_string

from .views import server_view
from .web import approvals

app_name = "ai_cms_mcp"

urlpatterns = [
    path("", server_view, name="server"),
    path("approvals/", approvals.WaitingView.as_view(), name="approvals"),
    path("approvals/<uuid:pk>/", approvals.ApprovalView.as_view(), name="approval"),
]
if apps.is_installed("ai_cms.assets"):
    urlpatterns.append(path("uploads/<str:token>/", import_string("ai_cms.mcp.uploads.upload_view"), name="upload"))
