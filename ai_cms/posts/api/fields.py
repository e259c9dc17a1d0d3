"""Serializer fields that take what forms send as well as what JSON says."""

from __future__ import annotations

import json
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from ai_cms.posts.names import MAX_TAGS

__all__ = ["CategoriesField", "ListOrTextField", "TagNamesField"]


class ListOrTextField(serializers.Field):  # type: ignore[type-arg]
    """A list: as JSON, as JSON text in a form, as a form field that is sent several times, or as words between commas."""

    default_error_messages = {"not_a_list": _("Give a list."), "invalid": _("Not a valid value.")}

    def get_value(self, dictionary: Any) -> Any:
        if not isinstance(dictionary, QueryDict):
            return super().get_value(dictionary)
        name = str(self.field_name)
        if name not in dictionary:
            return empty
        return self._from_form(dictionary.getlist(name))

    def _from_form(self, values: list[Any]) -> Any:
        if len(values) != 1 or not isinstance(values[0], str):
            return values
        text = values[0].strip()
        if text.startswith("["):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                self.fail("not_a_list")
        return [part.strip() for part in text.split(",") if part.strip()]

    def to_internal_value(self, data: object) -> list[Any]:
        if isinstance(data, str):
            data = self._from_form([data])
        if not isinstance(data, list) or len(data) > MAX_TAGS:
            self.fail("not_a_list")
        return [self.item(value) for value in data]

    def item(self, value: object) -> Any:
        """Return one value of the list. Raises ValidationError."""
        raise NotImplementedError

    def to_representation(self, value: object) -> Any:
        return value


@extend_schema_field({"type": "array", "items": {"type": "string"}, "maxItems": MAX_TAGS})
class TagNamesField(ListOrTextField):
    """Names of tags."""

    def item(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.fail("invalid")
        text = str(value)
        if "\x00" in text or any(0xD800 <= ord(char) <= 0xDFFF for char in text):
            self.fail("invalid")
        return text


@extend_schema_field(
    {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "maxItems": MAX_TAGS}
)
class CategoriesField(ListOrTextField):
    """Categories by id or slug."""

    def item(self, value: object) -> int | str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.fail("invalid")
        if isinstance(value, int):
            return value
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else value
