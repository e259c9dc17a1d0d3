"""The addresses of the editor, below wherever the studio is mounted."""

from __future__ import annotations

from django.urls import URLPattern, path

from .checking import LinkCheckView
from .deciding import DecideView
from .editing_page import EditView, LoggedInView
from .finding import LinksView, PatternsView
from .manifest import ManifestView
from .pasting import PasteView
from .saving import DraftView, MergeView, StateView
from .showing import FrameView, RenderView

urlpatterns: list[URLPattern] = [
    path("edit/logged-in/", LoggedInView.as_view(), name="edit-logged-in"),
    path("edit/<int:pk>/", EditView.as_view(), name="edit"),
    path("edit/<int:pk>/manifest/", ManifestView.as_view(), name="edit-manifest"),
    path("edit/<int:pk>/draft/", DraftView.as_view(), name="edit-draft"),
    path("edit/<int:pk>/state/", StateView.as_view(), name="edit-state"),
    path("edit/<int:pk>/merge/", MergeView.as_view(), name="edit-merge"),
    path("edit/<int:pk>/render/", RenderView.as_view(), name="edit-render"),
    path("edit/<int:pk>/frame/", FrameView.as_view(), name="edit-frame"),
    path("edit/<int:pk>/decide/", DecideView.as_view(), name="edit-decide"),
    path("edit/<int:pk>/paste/", PasteView.as_view(), name="edit-paste"),
    path("edit/<int:pk>/links/", LinksView.as_view(), name="edit-links"),
    path("edit/<int:pk>/patterns/", PatternsView.as_view(), name="edit-patterns"),
    path("edit/<int:pk>/check/", LinkCheckView.as_view(), name="edit-check"),
]
