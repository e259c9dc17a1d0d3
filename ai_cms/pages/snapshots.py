"""The fields of a page as plain JSON values: for revisions, publications, exports and the API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput

from .models import AbstractPage

__all__ = ["PAGE_FIELDS", "apply_snapshot", "assign_fields", "field_values", "take_snapshot"]

#: The base page's fields that belong to the draft and are kept in revisions. Slug and place are structure, not content.
PAGE_FIELDS = ("title", "locale", "metadata", "seo_title", "seo_description", "in_menus")

MAX_METADATA_BYTES = 100_000


def field_values(page: AbstractPage) -> dict[str, Any]:
    """Return the values of the fields that the page's type adds, as JSON values."""
    values = {field.name: field.value_from_object(page) for field in page.type_fields()}
    result: dict[str, Any] = json.loads(json.dumps(values, cls=_Encoder)) if values else {}
    return result


def take_snapshot(page: AbstractPage) -> dict[str, Any]:
    """Return all draft fields but the document, as JSON values."""
    return {**{name: getattr(page, name) for name in PAGE_FIELDS}, **field_values(page)}


def apply_snapshot(page: AbstractPage, snapshot: Mapping[str, Any]) -> set[str]:
    """Set the fields of a snapshot on ``page`` without saving; returns their names.

    Fields that the page type no longer has are left out, references whose target is gone become empty where they may.
    """
    names: set[str] = set()
    known: dict[str, models.Field[Any, Any]] = {field.name: field for field in page.type_fields()}
    for name, value in snapshot.items():
        if name in PAGE_FIELDS:
            setattr(page, name, value)
        elif name in known:
            field = known[name]
            python = field.to_python(value)
            if isinstance(field, models.ForeignKey):
                remote: Any = field.remote_field.model
                if python is not None and not remote._base_manager.filter(pk=python).exists():
                    if not field.null:
                        continue
                    python = None
                setattr(page, field.attname, python)
            else:
                setattr(page, name, python)
        else:
            continue
        names.add(name)
    return names


def assign_fields(page: AbstractPage, values: Mapping[str, Any], *, partial: bool = True) -> set[str]:
    """Validate ``values`` and set them on ``page`` without saving; returns the names of the fields that changed.

    Keys are the names in PAGE_FIELDS and those of the page type. With ``partial=False`` required fields of the type must be
    there. Raises InvalidInput with the messages by field.
    """
    errors: dict[str, list[Any]] = {}
    changed: set[str] = set()
    type_fields = {field.name: field for field in page.type_fields()}
    for name, raw in values.items():
        field = type_fields.get(name) or (page._meta.get_field(name) if name in PAGE_FIELDS else None)
        if field is None:
            errors[name] = [_("Pages of this type have no such field.")]
            continue
        try:
            value = _clean(field, raw, page)
        except ValidationError as error:
            errors[name] = list(error.messages)
            continue
        attname = getattr(field, "attname", field.name)
        if getattr(page, attname) != value:
            setattr(page, attname, value)
            changed.add(field.name)
    if not partial:
        for name, field in type_fields.items():
            if name not in values and not field.blank and not field.has_default() and name not in errors:
                errors[name] = [_("This field is required.")]
    if errors:
        raise InvalidInput(errors=errors)
    return changed


def _clean(field: Any, raw: Any, page: AbstractPage) -> Any:
    if isinstance(field, models.CharField | models.TextField):
        if not isinstance(raw, str):
            raise ValidationError(_("Not a valid string."))
        if "\x00" in raw or any(0xD800 <= ord(char) <= 0xDFFF for char in raw):
            raise ValidationError(_("Null characters and lone surrogates are not allowed."))
        raw = raw.strip() if isinstance(field, models.CharField) else raw
        if field.max_length is not None and len(raw) > field.max_length:
            raise ValidationError(
                _("Ensure this value has at most %(limit)d characters (it has %(length)d).")
                % {"limit": field.max_length, "length": len(raw)}
            )
    if field.name == "metadata":
        return _clean_metadata(raw)
    if isinstance(field, models.BooleanField) and not isinstance(raw, bool):
        raise ValidationError(_("Must be a valid boolean."))
    if isinstance(raw, dict | list) and not isinstance(field, models.JSONField):
        raise ValidationError(_("Not a valid value."))
    try:
        return field.clean(raw, page)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValidationError(_("Not a valid value.")) from error


def _clean_metadata(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ValidationError(_("Metadata must be an object."))
    try:
        size = len(json.dumps(raw, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationError(_("Metadata must be plain JSON.")) from error
    if size > MAX_METADATA_BYTES:
        raise ValidationError(_("Metadata must not be larger than %(limit)d bytes.") % {"limit": MAX_METADATA_BYTES})
    return raw


class _Encoder(DjangoJSONEncoder):
    """Also write files as their names."""

    def default(self, o: Any) -> Any:
        if isinstance(o, models.fields.files.FieldFile):
            return o.name
        return super().default(o)


def missing_required(page: AbstractPage, names: Iterable[str] | None = None) -> dict[str, list[str]]:
    """Return messages for fields that a publication needs and the draft lacks."""
    errors: dict[str, list[str]] = {}
    if not page.title.strip():
        errors["title"] = [_("This field is required.")]
    for field in page.type_fields():
        value = field.value_from_object(page)
        if not field.blank and (value is None or value == ""):
            errors[field.name] = [_("This field is required.")]
    return errors
