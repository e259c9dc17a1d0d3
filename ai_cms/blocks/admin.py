"""What the admin needs to know about documents."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from ai_cms.core.permissions import Actor

from .documents.provenance import make_provenance
from .forms.form_field import BlocksFormField

__all__ = ["BlocksAdminMixin"]


class BlocksAdminMixin(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """For a ModelAdmin or inline of a model with documents: edits count as those of the logged-in user.

    Without it documents can be edited too, but blocks that need a permission, such as raw HTML, are refused, and blocks
    do not say who wrote them.
    """

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, BlocksFormField) and request is not None:
            actor = Actor.from_request(request)
            account = actor.account
            field.actor = actor
            field.provenance = make_provenance("human", by=None if account is None else account.pk)
        return field
