"""One's own posts; a host mounts them with ``path("write/", include("ai_cms.posts.web.routes"))``."""

from __future__ import annotations

from django.db import transaction
from django.urls import path

from . import views

app_name = "ai_cms_posts_web"

urlpatterns = [
    path("", views.MyPostsView.as_view(), name="index"),
    # A picture goes to a storage; no transaction of a host's ATOMIC_REQUESTS may be held meanwhile.
    path("new/", transaction.non_atomic_requests(views.PostView.as_view()), name="new"),
    path("<int:pk>/", transaction.non_atomic_requests(views.PostView.as_view()), name="post"),
    path("<int:pk>/delete/", views.DeletePostView.as_view(), name="delete"),
]
