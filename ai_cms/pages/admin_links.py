"""Links that other apps add to a page in the admin, beside Preview and History.

::

    from ai_cms.pages.admin_links import page_links

    page_links.register("translations", lambda request, page: [(_("Translations"), f"/admin/translations/{page.pk}/")])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest

from ai_cms.core.registry import Registry

if TYPE_CHECKING:
    from .models import AbstractPage

__all__ = ["PageLinks", "links_for", "page_links"]

#: Returns label and URL of each link for this user and page; the order is that of registration.
PageLinks = Callable[[HttpRequest, "AbstractPage"], list[tuple[str, str]]]
page_links: Registry[PageLinks] = Registry("page links")


def links_for(request: HttpRequest, page: AbstractPage) -> list[tuple[str, str]]:
    """Return the links of all apps for a page."""
    return [link for name in page_links for link in page_links[name](request, page)]
