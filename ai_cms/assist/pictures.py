"""Pictures of blocks as a model can see them, from whoever keeps them."""

from __future__ import annotations

from collections.abc import Callable

from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Registry
from ai_cms.llm.messages import ImagePart

__all__ = ["picture_views", "seen"]

#: By name: a function of what stands in a block (such as ``asset:42``) and of who asks, that returns the picture or ``None``.
picture_views: Registry[Callable[[str, Actor], ImagePart | None]] = Registry("view of pictures")


def seen(source: str, actor: Actor) -> ImagePart | None:
    """Return the picture that ``source`` names, if somebody keeps it and ``actor`` may see it."""
    return next((found for _name, view in picture_views.items() if (found := view(source, actor)) is not None), None)
