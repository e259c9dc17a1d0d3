"""Posts: a blog on pages, with authors, categories, tags, and everything that pages can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ai_cms.core import swapping

if TYPE_CHECKING:
    from .mixins import BlogMixin, PostMixin
    from .taxonomy import AbstractCategory, AbstractTag

__all__ = [
    "get_blog_model",
    "get_blog_model_string",
    "get_category_model",
    "get_category_model_string",
    "get_post_model",
    "get_post_model_string",
    "get_tag_model",
    "get_tag_model_string",
]


def get_post_model_string() -> str:
    """Return ``"app_label.Model"`` of the post type in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_POST_MODEL", "ai_cms_posts.Post")


def get_post_model() -> type[PostMixin]:
    """Return the post type that is active in this project."""
    return cast("type[PostMixin]", swapping.get_model("AI_CMS_POST_MODEL", "ai_cms_posts.Post"))


def get_blog_model_string() -> str:
    """Return ``"app_label.Model"`` of the blog's page type in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_BLOG_MODEL", "ai_cms_posts.Blog")


def get_blog_model() -> type[BlogMixin]:
    """Return the blog's page type that is active in this project."""
    return cast("type[BlogMixin]", swapping.get_model("AI_CMS_BLOG_MODEL", "ai_cms_posts.Blog"))


def get_category_model_string() -> str:
    """Return ``"app_label.Model"`` of the category model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_CATEGORY_MODEL", "ai_cms_posts.Category")


def get_category_model() -> type[AbstractCategory]:
    """Return the category model that is active in this project."""
    return cast("type[AbstractCategory]", swapping.get_model("AI_CMS_CATEGORY_MODEL", "ai_cms_posts.Category"))


def get_tag_model_string() -> str:
    """Return ``"app_label.Model"`` of the tag model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_TAG_MODEL", "ai_cms_posts.Tag")


def get_tag_model() -> type[AbstractTag]:
    """Return the tag model that is active in this project."""
    return cast("type[AbstractTag]", swapping.get_model("AI_CMS_TAG_MODEL", "ai_cms_posts.Tag"))
