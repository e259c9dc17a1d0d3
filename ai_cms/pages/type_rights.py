"""What page types grant beside the rights to all pages; the apps of the types register it here."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from ai_cms.core.permissions import Actor

__all__ = ["TypeRights", "real_type", "register_type_rights", "registered_rights", "rights_of_type"]


class TypeRights:
    """Grant rights to the pages of one type; what it does not grant is left to the policy of all pages."""

    def grants(self, actor: Actor, action: str, page: Any) -> bool:
        """Return whether ``actor`` may do ``action`` to ``page``, which may be loaded as a base page."""
        return False

    def reach(self, actor: Actor, prefix: str = "") -> Q | None:
        """Return the condition for the pages that ``grants`` lets the actor view; ``prefix`` as in ``"page__"``."""
        return None

    def may_make(self, actor: Actor, parent: Any, *, publish: bool) -> bool:
        """Return whether ``actor`` may make a page of the type below ``parent``, and publish it there."""
        return False


_rights: dict[type[models.Model], TypeRights] = {}


def register_type_rights(page_type: type[models.Model], rights: TypeRights) -> None:
    """Make ``rights`` answer for ``page_type`` and its subclasses; a later call replaces the earlier."""
    _rights[page_type] = rights


def registered_rights() -> list[TypeRights]:
    """Return the rights of all types that have some."""
    return list(_rights.values())


def rights_of_type(page_type: type[models.Model]) -> TypeRights | None:
    """Return the rights of a page type or of its nearest base."""
    return next((_rights[base] for base in page_type.__mro__ if base in _rights), None)


def real_type(page: Any) -> type[models.Model]:
    """Return the type of a page, also of one that was loaded as a base page."""
    if page.polymorphic_ctype_id is None:
        return type(page)
    model = ContentType.objects.get_for_id(page.polymorphic_ctype_id).model_class()
    return type(page) if model is None or isinstance(page, model) else model
