"""Whether a row is as its columns say, the length of long texts among it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

__all__ = ["problems_of"]


def problems_of(row: models.Model) -> dict[str, list[str]]:
    """Return what is wrong with the fields of ``row``, messages by field; uniqueness is asked elsewhere, under a lock."""
    try:
        row.full_clean(exclude={"owner"}, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        return {name: list(found) for name, found in error.message_dict.items()}
    found: dict[str, list[str]] = {}
    for field in row._meta.concrete_fields:
        # Django leaves the length of a TextField to forms.
        most = field.max_length if isinstance(field, models.TextField) else None
        if most is not None and len(getattr(row, field.attname) or "") > most:
            found[field.name] = [_("At most %(most)d characters.") % {"most": most}]
    return found
