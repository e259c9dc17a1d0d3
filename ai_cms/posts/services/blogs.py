"""The page below which the posts of a site stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model
from ai_cms.pages.exceptions import SlugTaken
from ai_cms.pages.models import AbstractPage, Site
from ai_cms.pages.services import create_page

from .. import get_blog_model
from ..conf import posts_settings
from ..exceptions import BlogMissing

if TYPE_CHECKING:
    pass

__all__ = ["blog_of", "find_blog"]


def find_blog(site: Site) -> AbstractPage | None:
    """Return the page at ``POSTS_PARENT`` of ``site``, of whatever type it is, or ``None``."""
    rows = get_page_model().objects.filter(site_id=site.pk, path=posts_settings.POSTS_PARENT)
    found: AbstractPage | None = rows.order_by().first()
    return found


def blog_of(site: Site) -> AbstractPage:
    """Return the page below which posts of ``site`` go; if there is none, a published blog is made, once for each site.

    Raises BlogMissing where the page above it is missing too.
    """
    found = find_blog(site)
    if found is not None:
        return found
    path = posts_settings.POSTS_PARENT
    above, _slash, slug = path.rstrip("/").rpartition("/")
    parent = get_page_model().objects.filter(site_id=site.pk, path=f"{above}/").order_by().first()
    if parent is None or not slug:
        raise BlogMissing(path)
    try:
        return create_page(
            actor=Actor.system("blog"),
            parent=parent,
            title=_("Blog"),
            slug=slug,
            page_type=get_blog_model(),
            publish=True,
        )
    except SlugTaken:
        # Another request was first.
        found = find_blog(site)
        if found is None:
            raise
        return found
