"""The addresses of the site; the pages come last, because they answer for every path."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.static import serve

from ai_cms.assets.views import media_view


class FaviconView(RedirectView):
    """Lead to the site's mark: browsers ask for this address on pages that name no icon, such as the admin."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return static("garden/img/logo.svg")


urlpatterns = [
    *(
        # Uploads are the web server's to serve; the demo has none. What lies there was made anew from pixels.
        [path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT})]
        if getattr(settings, "DEMO_SERVES", False)
        else []
    ),
    path("favicon.ico", FaviconView.as_view()),
    path("admin/", admin.site.urls),
    path("api/", include("ai_cms.core.api.urls")),
    path("accounts/", include("ai_cms.accounts.web.urls")),
    path("portfolio/", include("ai_cms.portfolio.web.routes")),
    path("write/", include("ai_cms.posts.web.routes")),
    path("p/", include("ai_cms.portfolio.urls")),
    path("chat/", include("ai_cms.chat.urls")),
    path("studio/", include("ai_cms.studio.urls")),
    path("mcp/", include("ai_cms.mcp.urls")),
    path("", include("ai_cms.core.urls")),
    path("", include("ai_cms.assets.urls")),
    # Where no bucket and no web server in front serves the public files.
    path("media/<path:name>", media_view),
    path("", include("ai_cms.posts.urls")),
    path("", include("ai_cms.machines.urls")),
    path("", include("ai_cms.pages.urls")),
]
