"""The routes of posts, registered when the app is ready."""

from __future__ import annotations

from ai_cms.core.api.routers import api_router

from .categories import CategoryViewSet
from .posts import PostViewSet

api_router.register("posts", PostViewSet, basename="post")
api_router.register("categories", CategoryViewSet, basename="category")
