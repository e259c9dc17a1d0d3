"""System checks of ``ai_cms.posts``.

=====================  ================================================================
``ai_cms_posts.E001``  a swapped model is not of the right kind
``ai_cms_posts.E002``  the post or blog lacks the base manager of pages
=====================  ================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from ai_cms.pages import get_page_model

from . import get_blog_model, get_category_model, get_post_model, get_tag_model
from .mixins import BlogMixin, PostMixin
from .taxonomy import AbstractCategory, AbstractTag

__all__ = ["check_posts"]


@register(Tags.models)
def check_posts(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check the models in use."""
    return list(_models())


def _models() -> Iterator[CheckMessage]:
    wanted: tuple[tuple[str, Any, type, bool], ...] = (
        ("AI_CMS_POST_MODEL", get_post_model, PostMixin, True),
        ("AI_CMS_BLOG_MODEL", get_blog_model, BlogMixin, True),
        ("AI_CMS_CATEGORY_MODEL", get_category_model, AbstractCategory, False),
        ("AI_CMS_TAG_MODEL", get_tag_model, AbstractTag, False),
    )
    for setting, get, base, is_page in wanted:
        try:
            model = get()
            page = get_page_model()
        except ImproperlyConfigured as error:
            yield Error(str(error), hint=f"Correct {setting}, or remove it.", id="ai_cms_posts.E001")
            continue
        if not issubclass(model, base) or (is_page and not issubclass(model, page)):
            kinds = f"{base.__name__} and {page._meta.label}" if is_page else base.__name__
            yield Error(
                f"{setting} names {model._meta.label}, which does not derive from {kinds}.",
                hint="A host that swaps AI_CMS_PAGE_MODEL declares a post and a blog on its own page, and names them "
                "by AI_CMS_POST_MODEL and AI_CMS_BLOG_MODEL.",
                obj=model,
                id="ai_cms_posts.E001",
            )
        elif is_page and model._meta.base_manager_name != "all_objects":
            yield Error(
                f"{model._meta.label} does not see what is in the bin: its base manager is not all_objects.",
                hint=f"Write class Meta({base.__name__}.Meta) in it.",
                obj=model,
                id="ai_cms_posts.E002",
            )
