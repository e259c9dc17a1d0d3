"""What posts and blogs do besides, where the app is installed: its modules register it here.

The mixins call it without importing the app's models, so that a host may use them without the app.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import TemplateContext

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage, Publication

__all__ = ["Extras", "extras"]


class Extras:
    """Functions that are called for posts and blogs; none until the app is ready."""

    def __init__(self) -> None:
        #: Called with (post, publication) pairs that were just published, in their transaction.
        self.after_publishing: list[Callable[[Sequence[tuple[AbstractPage, Publication]]], None]] = []
        #: Return more of the template's context for a post.
        self.post_context: list[Callable[[AbstractPage], TemplateContext]] = []
        #: The same for a blog.
        self.blog_context: list[Callable[[AbstractPage], TemplateContext]] = []
        #: Return the schema.org data of a post's head: (data, post, origin).
        self.linked_data: list[Callable[[JsonObject, AbstractPage, str], JsonObject]] = []


extras = Extras()
