"""Every write of posts, categories and tags. The first keyword is ``actor``: a user or an Actor."""

from __future__ import annotations

from .blogs import blog_of
from .categories import create_category, delete_category, update_category
from .pictures import with_picture
from .posts import create_post, delete_post, restore_post, update_post
from .refreshing import refresh_posts
from .tags import delete_tag, rename_tag, tags_named

__all__ = [
    "blog_of",
    "create_category",
    "create_post",
    "delete_category",
    "delete_post",
    "delete_tag",
    "refresh_posts",
    "rename_tag",
    "restore_post",
    "tags_named",
    "update_category",
    "update_post",
    "with_picture",
]
