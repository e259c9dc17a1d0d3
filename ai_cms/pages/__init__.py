"""Pages: a tree of typed documents that people and machines edit and the public reads as publications."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ai_cms.core import swapping

if TYPE_CHECKING:
    from .models import AbstractPage, AbstractTemplate

__all__ = [
    "get_page_model",
    "get_page_model_string",
    "get_template_model",
    "get_template_model_string",
]


def get_page_model_string() -> str:
    """Return ``"app_label.Model"`` of the page model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_PAGE_MODEL", "ai_cms_pages.Page")


def get_page_model() -> type[AbstractPage]:
    """Return the page model that is active in this project."""
    return cast("type[AbstractPage]", swapping.get_model("AI_CMS_PAGE_MODEL", "ai_cms_pages.Page"))


def get_template_model_string() -> str:
    """Return ``"app_label.Model"`` of the template model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_TEMPLATE_MODEL", "ai_cms_pages.Template")


def get_template_model() -> type[AbstractTemplate]:
    """Return the template model that is active in this project."""
    return cast("type[AbstractTemplate]", swapping.get_model("AI_CMS_TEMPLATE_MODEL", "ai_cms_pages.Template"))
