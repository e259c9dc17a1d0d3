"""The routes of pages, registered when the app is ready."""

from __future__ import annotations

from django.urls import path

from ai_cms.core.api.routers import api_router

from . import components as components
from .approvals import PageApprovalViewSet
from .content import ContentDetailView, ContentFindView, ContentListView
from .elements import ElementViewSet
from .page_types import PageTypesView
from .pages import PageViewSet
from .proposals import PageProposalViewSet, ProposalViewSet
from .revisions import RevisionViewSet
from .templates import TemplateViewSet
from .tree import TreeViewSet
from .tree_work import TreeWorkViewSet

api_router.register("pages", PageViewSet, basename="page")
api_router.register("templates", TemplateViewSet, basename="template")
api_router.register("elements", ElementViewSet, basename="element")
api_router.register("proposals", ProposalViewSet, basename="proposal")
api_router.register("tree-work", TreeWorkViewSet, basename="tree-work")

api_router.add_urls(
    [
        path("pages/types/", PageTypesView.as_view(), name="page-types"),
        path("pages/tree/", TreeViewSet.as_view({"get": "list"}), name="page-tree"),
        path("pages/<str:id>/revisions/", RevisionViewSet.as_view({"get": "list"}), name="page-revisions"),
        path(
            "pages/<str:id>/revisions/compare/",
            RevisionViewSet.as_view({"get": "compare"}),
            name="page-revision-compare",
        ),
        path(
            "pages/<str:id>/revisions/<str:number>/",
            RevisionViewSet.as_view({"get": "retrieve"}),
            name="page-revision-detail",
        ),
        path(
            "pages/<str:id>/revisions/<str:number>/restore/",
            RevisionViewSet.as_view({"post": "restore"}),
            name="page-revision-restore",
        ),
        path(
            "pages/<str:id>/proposals/",
            PageProposalViewSet.as_view({"get": "list", "post": "create"}),
            name="page-proposals",
        ),
        path("page-approvals/", PageApprovalViewSet.as_view({"get": "list"}), name="page-approvals"),
        path("page-approvals/<str:id>/", PageApprovalViewSet.as_view({"get": "retrieve"}), name="page-approval"),
        path("content/", ContentListView.as_view(), name="content-list"),
        path("content/find/", ContentFindView.as_view(), name="content-find"),
        path("content/<str:id>/", ContentDetailView.as_view(), name="content-detail"),
    ]
)
