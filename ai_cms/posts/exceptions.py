"""The errors of ``ai_cms.posts``.

::

    Conflict
    └── BlogMissing      409  the page that POSTS_PARENT names cannot be found or made
    InvalidInput
    ├── CategoryTaken    400  another category has the name or slug already
    └── CategoryCircle   400  a category would be below itself
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Conflict, InvalidInput

__all__ = ["BlogMissing", "CategoryCircle", "CategoryTaken"]


class BlogMissing(Conflict):
    """There is no page below which posts could go."""

    default_code = "blog_missing"

    def __init__(self, path: str) -> None:
        message = _('There is no page at %(path)s for posts to go below. Make one, or set AI_CMS["POSTS_PARENT"].')
        super().__init__(message % {"path": path})


class CategoryTaken(InvalidInput):
    """Another category has this name beside it, or this slug."""

    default_code = "category_taken"

    def __init__(self, field: str) -> None:
        super().__init__(errors={field: [_("Another category has this already.")]})


class CategoryCircle(InvalidInput):
    """A category cannot stand below itself."""

    default_code = "category_circle"

    def __init__(self) -> None:
        super().__init__(errors={"parent": [_("A category cannot stand below itself.")]})
