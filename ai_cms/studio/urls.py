"""The studio's addresses, to be included under any path: ``path("studio/", include("ai_cms.studio.urls"))``."""

from __future__ import annotations

from .desk.routes import urlpatterns as desk
from .editor.edit_routes import urlpatterns as editor

app_name = "ai_cms_studio"
urlpatterns = [*desk, *editor]
