"""The fields of a page as plain JSON values: for revisions, publications, exports and the API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files.utils import validate_file_name
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.exceptions import BlockError, InvalidDocument
from ai_cms.blocks.fields import BlocksField
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor

from ..core.jsontypes import JsonMapping, JsonObject
from .models import AbstractPage
from .provenance import public_blocks
from .relations import checked_key, clean_related, related_ids, set_related

__all__ = [
    "PAGE_FIELDS",
    "apply_snapshot",
    "assign_fields",
    "document_problems",
    "field_values",
    "missing_required",
    "published_values",
    "take_snapshot",
    "type_documents",
]

#: The base page's fields that belong to the draft and are kept in revisions. Slug and place are structure, not content.
PAGE_FIELDS = ("title", "locale", "metadata", "seo_title", "seo_description", "in_menus")

MAX_METADATA_BYTES = 100_000


def field_values(page: AbstractPage) -> JsonObject:
    """Return the values of the fields that the page's type adds, as JSON values."""
    return _as_json({field.name: _value(field, page) for field in page.type_fields()})


def published_values(page: AbstractPage, *, marked: bool) -> JsonObject:
    """Return the same for anonymous visitors: documents without names and log ids (see ``public_blocks``), files as addresses.

    Private fields of the type are left out.
    """
    values: JsonObject = {}
    for field in page.type_fields():
        if field.name in page.private_fields:
            continue
        value = values[field.name] = _value(field, page)
        if isinstance(value, Document):
            values[field.name] = public_blocks(value.blocks, marked=marked)
        elif isinstance(value, FieldFile):
            values[field.name] = value.url if value else None
    return _as_json(values)


def type_documents(page: AbstractPage) -> dict[str, Document]:
    """Return the documents among the fields of the page's type, by name."""
    return {field.name: field.value_from_object(page) for field in page.type_fields() if isinstance(field, BlocksField)}


def _value(field: Any, page: AbstractPage) -> Any:
    return related_ids(page, field) if field.many_to_many else field.value_from_object(page)


def _as_json(values: Columns) -> JsonObject:
    result: JsonObject = json.loads(json.dumps(values, cls=_Encoder)) if values else {}
    return result


def take_snapshot(page: AbstractPage) -> JsonObject:
    """Return all draft fields but the document, as JSON values."""
    return {**{name: getattr(page, name) for name in PAGE_FIELDS}, **field_values(page)}


def apply_snapshot(page: AbstractPage, snapshot: JsonMapping) -> set[str]:
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
            if isinstance(field, models.ManyToManyField):
                set_related(page, field, value or ())
                names.add(name)
                continue
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


def assign_fields(
    page: AbstractPage,
    values: Mapping[str, object],
    *,
    partial: bool = True,
    actor: Actor | None = None,
    provenance: JsonMapping | None = None,
) -> set[str]:
    """Validate ``values`` and set them on ``page`` without saving; returns the names of the fields that changed.

    Keys are the names in PAGE_FIELDS and those of the page type. With ``partial=False`` required fields of the type must be
    there. ``actor`` and ``provenance``: who writes the documents among them; like the page's own they may hold errors
    while they are drafts. Raises InvalidInput with the messages by field.
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
            if isinstance(field, models.ManyToManyField):
                # Fields that take more than keys, such as names, say so themselves.
                own = getattr(field, "clean_keys", None)
                ids = clean_related(field, raw) if own is None else own(raw, page)
                if ids != related_ids(page, field):
                    set_related(page, field, ids, checked=True)
                    changed.add(field.name)
                continue
            value = _clean(field, raw, page, actor, provenance)
        except InvalidDocument as error:
            errors[name] = [problem.to_json() for problem in error.block_errors]
            continue
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
    if actor is not None and not errors:
        errors = dict(page.refused_fields(changed, actor))
    if errors:
        raise InvalidInput(errors=errors)
    return changed


def _clean(field: Any, raw: Any, page: AbstractPage, actor: Actor | None, provenance: JsonMapping | None) -> Any:
    if isinstance(field, BlocksField):
        previous: Document = field.value_from_object(page)
        return prepare_document(raw, previous=previous, allowed=field.allowed, provenance=provenance, actor=actor)
    if isinstance(raw, FieldFile):
        raw = raw.name or ""
    if isinstance(field, models.CharField | models.TextField | models.FileField):
        if not isinstance(raw, str):
            raise ValidationError(_("Not a valid string."))
        if "\x00" in raw or any(0xD800 <= ord(char) <= 0xDFFF for char in raw):
            raise ValidationError(_("Null characters and lone surrogates are not allowed."))
        raw = raw if isinstance(field, models.TextField) else raw.strip()
        if field.max_length is not None and len(raw) > field.max_length:
            raise ValidationError(
                _("Ensure this value has at most %(limit)d characters (it has %(length)d).")
                % {"limit": field.max_length, "length": len(raw)}
            )
    if field.name == "metadata":
        return _clean_metadata(raw)
    if isinstance(field, models.FileField) and raw:
        _check_file_name(raw)
    if isinstance(field, models.BooleanField) and not isinstance(raw, bool):
        raise ValidationError(_("Must be a valid boolean."))
    if isinstance(raw, dict | list) and not isinstance(field, models.JSONField):
        raise ValidationError(_("Not a valid value."))
    try:
        if isinstance(field, models.ForeignKey):
            return checked_key(field, raw, lambda: field.clean(raw, page))
        return field.clean(raw, page)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValidationError(_("Not a valid value.")) from error


def _check_file_name(name: str) -> None:
    """Raise ValidationError for a name that no storage has given: templates that open the file would fail for readers."""
    try:
        validate_file_name(name, allow_relative_path=True)
    except SuspiciousFileOperation as error:
        raise ValidationError(_("Give the name of the file in its storage, such as pictures/bread.jpg.")) from error


def _clean_metadata(raw: object) -> JsonObject:
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
    """Also write files as their names, and documents."""

    def default(self, o: object) -> Any:
        if isinstance(o, FieldFile):
            return o.name
        if isinstance(o, Document):
            return o.to_json()
        return super().default(o)


def missing_required(page: AbstractPage, names: Iterable[str] | None = None) -> dict[str, list[str]]:
    """Return messages for fields that a publication needs and the draft lacks."""
    errors: dict[str, list[str]] = {}
    if not page.title.strip():
        errors["title"] = [_("This field is required.")]
    for field in page.type_fields():
        value = _value(field, page)
        if not field.blank and (value is None or (not value and isinstance(value, str | list | Document))):
            errors[field.name] = [_("This field is required.")]
    return errors


def document_problems(page: AbstractPage) -> dict[str, list[BlockError]]:
    """Return what a publication refuses in the page's document and in those of its type's fields, by field."""
    documents = {"content_json": page.content_json, **type_documents(page)}
    found = {name: document.validate(strict=True) for name, document in documents.items()}
    return {name: problems for name, problems in found.items() if problems}
