"""The addresses of the desk."""

from __future__ import annotations

from django.apps import apps
from django.urls import URLPattern, path

from .acting import ActView, UndoView
from .bins import BinView, PurgeView, RestoreView
from .creating import CreateView
from .leaving import LeaveView, brand_view
from .people import GrantView, PeopleView, RevokeView
from .proposals import DecideView, ProposalsView, ProposalView
from .switcher import SwitchView
from .talking import CommentsView, CommentView, MentionView, PresenceView, SettleView, ThreadsView
from .today import TodayView
from .tree import LevelView, MoveView, PlaceView, TreeView
from .versions import CompareView, RestoreRevisionView, VersionFrameView, VersionsView
from .working import WorkView

urlpatterns: list[URLPattern] = [
    path("", TodayView.as_view(), name="home"),
    path("brand.css", brand_view, name="brand"),
    path("log-out/", LeaveView.as_view(), name="leave"),
    path("find/", SwitchView.as_view(), name="switch"),
    path("undo/", UndoView.as_view(), name="undo"),
    path("pages/", TreeView.as_view(), name="tree"),
    path("pages/level/", LevelView.as_view(), name="level"),
    path("pages/new/", CreateView.as_view(), name="create"),
    path("pages/<int:pk>/move/", MoveView.as_view(), name="move"),
    path("pages/<int:pk>/place/", PlaceView.as_view(), name="place"),
    path("pages/<int:pk>/do/<slug:act>/", ActView.as_view(), name="act"),
    path("pages/<int:pk>/history/", VersionsView.as_view(), name="versions"),
    path("pages/<int:pk>/history/compare/", CompareView.as_view(), name="compare"),
    path("pages/<int:pk>/history/<int:number>/look/", VersionFrameView.as_view(), name="version"),
    path("pages/<int:pk>/history/<int:number>/restore/", RestoreRevisionView.as_view(), name="version-restore"),
    path("bin/", BinView.as_view(), name="bin"),
    path("bin/<int:pk>/restore/", RestoreView.as_view(), name="restore"),
    path("bin/<int:pk>/delete/", PurgeView.as_view(), name="purge"),
    path("proposals/", ProposalsView.as_view(), name="proposals"),
    path("proposals/<int:pk>/", ProposalView.as_view(), name="proposal"),
    path("proposals/<int:pk>/decide/", DecideView.as_view(), name="decide"),
    path("work/<uuid:pk>/", WorkView.as_view(), name="work"),
    path("people/", PeopleView.as_view(), name="people"),
    path("people/grant/", GrantView.as_view(), name="grant"),
    path("people/<int:pk>/revoke/", RevokeView.as_view(), name="revoke"),
    path("comments/", ThreadsView.as_view(), name="threads"),
    path("comments/<int:pk>/", CommentsView.as_view(), name="comments"),
    path("comments/<int:pk>/people/", MentionView.as_view(), name="mentions"),
    path("comments/<int:pk>/<int:number>/", CommentView.as_view(), name="comment"),
    path("comments/<int:pk>/<int:number>/resolve/", SettleView.as_view(), {"step": "resolve"}, name="resolve"),
    path("comments/<int:pk>/<int:number>/reopen/", SettleView.as_view(), {"step": "reopen"}, name="reopen"),
    path("presence/<int:pk>/", PresenceView.as_view(), name="presence"),
]

# Of apps that a site may do without.
if apps.is_installed("ai_cms.assets"):
    from .media import media_routes

    urlpatterns += media_routes
if apps.is_installed("ai_cms.posts"):
    from .post_list import post_routes

    urlpatterns += post_routes
if apps.is_installed("ai_cms.portfolio"):
    from .portfolio_list import portfolio_routes

    urlpatterns += portfolio_routes
