"""One's own posts; a host mounts them with ``path("write/", include("ai_cms.posts.web.routes"))``."""

from __future__ import annotations

from django.db import transaction
from django.urls import path

from . import writing

app_name = "ai_cms_posts_web"

urlpatterns = [
    path("", writing.MyPostsView.as_view(), name="index"),
    # A picture goes to a storage; no transaction of a host's ATOMIC_REQUESTS may be held meanwhile.
    path("new/", transaction.non_atomic_requests(writing.PostView.as_view()), name="new"),
    path("<int:pk>/", transaction.non_atomic_requests(writing.PostView.as_view()), name="post"),
    path("<int:pk>/delete/", writing.DeletePostView.as_view(), name="delete"),
]
