"""The test views beside the interface as it is."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path

from ai_cms.core.api.routers import ApiRouter

from . import views

router = ApiRouter()
router.register("flags", views.FlagViewSet, basename="flag")
router.add_urls(
    [
        path("echo/", views.EchoView.as_view(), name="echo"),
        path("list/", views.ListView.as_view(), name="list"),
        path("write/", views.WriteView.as_view(), name="write"),
        path("loose/", views.LooseWriteView.as_view(), name="loose"),
        path("version/", views.VersionView.as_view(), name="version"),
        path("limited/", views.LimitedView.as_view(), name="limited"),
        path("raise/", views.RaisingView.as_view(), name="raise"),
        path("int/<int:number>/", views.EchoView.as_view(), name="int"),
    ]
)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("ai_cms.core.urls")),
    path("t/", include((router.urls, "t"))),
    path("api/", include("ai_cms.core.api.urls")),
    path("page/", lambda request: HttpResponse("a page"), name="page"),
]
