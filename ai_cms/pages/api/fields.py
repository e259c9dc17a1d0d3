"""Serializer fields of pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_cms.blocks.documents.document import Document

from ...core.jsontypes import JsonObject

__all__ = [
    "DocumentField",
    "IdField",
    "MomentField",
    "OperationsField",
    "PublishedDocumentField",
    "SlugField",
    "StoredDocumentField",
    "StoredOperationsField",
    "UserIdField",
]

MAX_ID = 2**63 - 1


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Block"}})
class DocumentField(serializers.Field):  # type: ignore[type-arg]
    """A document as a client writes it; what is in it is for ``ai_cms.blocks`` to judge."""

    default_error_messages = {"not_a_list": _("A document is a list of blocks.")}

    def to_internal_value(self, data: object) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        return data

    def to_representation(self, value: object) -> Any:
        return value


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/StoredBlock"}})
class StoredDocumentField(serializers.Field):  # type: ignore[type-arg]
    """A document as it is read."""

    def to_representation(self, value: object) -> list[JsonObject]:
        return value.to_json() if isinstance(value, Document) else Document(value).to_json()


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/PublishedBlock"}})
class PublishedDocumentField(serializers.Field):  # type: ignore[type-arg]
    """A document as the public reads it; for the schema alone."""

    def to_representation(self, value: object) -> Any:
        return value


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Operation"}})
class OperationsField(serializers.Field):  # type: ignore[type-arg]
    """Operations as a client writes them; what is in them is for ``ai_cms.blocks`` to judge."""

    default_error_messages = {"not_a_list": _("Operations are a list.")}

    def to_internal_value(self, data: object) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        return data

    def to_representation(self, value: object) -> Any:
        return value


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/StoredOperation"}})
class StoredOperationsField(serializers.Field):  # type: ignore[type-arg]
    """Operations as they were applied."""

    def to_representation(self, value: object) -> Any:
        return value


class IdField(serializers.IntegerField):
    """The id of a row."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs = {"min_value": 1, "max_value": MAX_ID, **kwargs}
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        # int("٣") and int(2.0) are 3 and 2 to Python; an id is written in one way.
        if isinstance(data, float) or (isinstance(data, str) and not data.isascii()):
            self.fail("invalid")
        return super().to_internal_value(data)


class SlugField(serializers.CharField):
    """A page's part of the URL; the service refuses what is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 100, "allow_blank": True, **kwargs})


class MomentField(serializers.DateTimeField):
    """A time with its offset from UTC, in years that every database and time zone can hold."""

    default_error_messages = {
        "naive": _("Give the time with its offset from UTC."),
        "out_of_range": _("Choose a year between 1900 and 9000."),
    }

    def enforce_timezone(self, value: Any) -> Any:
        if value.tzinfo is None:
            self.fail("naive")
        if not 1900 <= value.year <= 9000:
            self.fail("out_of_range")
        return super().enforce_timezone(value)


def _user_id_schema() -> JsonObject:
    key = get_user_model()._meta.pk
    if isinstance(key, models.UUIDField):
        return {"type": ["string", "null"], "format": "uuid"}
    return {"type": ["integer" if isinstance(key, models.IntegerField) else "string", "null"]}


@extend_schema_field(_user_id_schema())
class UserIdField(serializers.Field):  # type: ignore[type-arg]
    """The id of a user, whatever kind of key the user model has; only read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, **kwargs})

    def to_representation(self, value: object) -> Any:
        return value if isinstance(value, int) else str(value)
