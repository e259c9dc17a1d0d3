"""The default post, blog, category and tag. A host that swaps the page model swaps the first two as well."""

from __future__ import annotations

from ai_cms.pages.models import Page

from .mixins import BlogMixin, PostMixin
from .records import PostRecord, PostTerm
from .taxonomy import AbstractCategory, AbstractTag

__all__ = ["Blog", "Category", "Post", "PostRecord", "PostTerm", "Tag"]


class Category(AbstractCategory):
    """The default category."""

    class Meta(AbstractCategory.Meta):
        swappable = "AI_CMS_CATEGORY_MODEL"


class Tag(AbstractTag):
    """The default tag."""

    class Meta(AbstractTag.Meta):
        swappable = "AI_CMS_TAG_MODEL"


class Blog(BlogMixin, Page):
    """A page below which posts stand, and that lists them."""

    class Meta(BlogMixin.Meta):
        swappable = "AI_CMS_BLOG_MODEL"


class Post(PostMixin, Page):
    """An entry of a blog: with an author, categories, tags and a picture."""

    class Meta(PostMixin.Meta):
        swappable = "AI_CMS_POST_MODEL"
