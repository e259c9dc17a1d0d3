from __future__ import annotations

from typing import Any

from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet


class JoinedPages(PagesAPIViewSet):
    """The listing as its user would mend it: author and category come along with the pages."""

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.select_related("author", "category") if hasattr(rows.model, "category") else rows


router = WagtailAPIRouter("wagtailapi")
router.register_endpoint("pages", PagesAPIViewSet)
router.register_endpoint("joined", JoinedPages)

urlpatterns = [path("api/v2/", router.urls), path("", include(wagtail_urls))]
