"""Rows that pages refer to, written in a way that another database understands.

A page type's foreign keys and many-to-many fields hold keys, which mean nothing elsewhere. An app that owns such rows
registers here how they are named in an exported site, in its module ``cms_importers``::

    @portable_rows.register_for(get_category_model)
    class Categories(PortableRows):
        def describe(self, keys): ...
        def find(self, described): ...

What nobody registered is written as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import models

from ai_cms.core.jsontypes import JsonObject

__all__ = ["KeyFinder", "People", "PortableRegistry", "PortableRows", "portable_rows", "with_descriptions"]

R = TypeVar("R", bound="type[PortableRows]")


class PortableRows:
    """How the rows of one model are named in an exported site."""

    def describe(self, keys: Collection[object]) -> Mapping[Any, Any]:
        """Return a JSON value for each key that has a row."""
        raise NotImplementedError

    def find(self, described: object) -> Any | None:
        """Return the key of the row that a value describes, made if need be; ``None`` if there is none."""
        raise NotImplementedError


class PortableRegistry:
    """Hold descriptions by model; a model is named by a function, since it may be swapped."""

    def __init__(self) -> None:
        self._rows: list[tuple[Callable[[], Any], PortableRows]] = []

    def register_for(self, model: Callable[[], object]) -> Callable[[R], R]:
        """Return a decorator that registers a class for the model that ``model()`` returns; a later one goes first."""

        def add(rows: R) -> R:
            self._rows.insert(0, (model, rows()))
            return rows

        return add

    def of(self, model: object) -> PortableRows | None:
        """Return the description of a model's rows."""
        return next((rows for named, rows in self._rows if named() is model), None)


portable_rows = PortableRegistry()


@portable_rows.register_for(get_user_model)
class People(PortableRows):
    """People go by what they log in with; who is not there is nobody."""

    def describe(self, keys: Collection[object]) -> Mapping[Any, Any]:
        model: Any = get_user_model()
        return dict(model._base_manager.filter(pk__in=keys).values_list("pk", model.USERNAME_FIELD))

    def find(self, described: object) -> Any | None:
        model: Any = get_user_model()
        if not isinstance(described, str):
            return None
        return model._base_manager.filter(**{model.USERNAME_FIELD: described}).values_list("pk", flat=True).first()


def _portable(page_type: Any) -> dict[str, tuple[Any, PortableRows]]:
    """Return the fields of a page type whose keys are to be described."""
    found = {}
    for field in page_type.type_fields():
        rows = portable_rows.of(field.related_model) if field.is_relation else None
        if rows is not None:
            found[field.name] = (field, rows)
    return found


def with_descriptions(page_type: object, values: Sequence[JsonObject]) -> list[JsonObject]:
    """Return snapshots of pages of one type with descriptions in the place of keys; a query or two for each field."""
    found = [dict(value) for value in values]
    for name, (field, rows) in _portable(page_type).items():
        keys = {str(key): key for value in found for key in _keys(value.get(name))}
        described = {str(key): value for key, value in rows.describe(list(keys.values())).items()} if keys else {}
        for value in found:
            if name not in value:
                continue
            if isinstance(field, models.ManyToManyField):
                value[name] = [described[str(key)] for key in _keys(value[name]) if str(key) in described]
            else:
                value[name] = described.get(str(value[name]))
    return found


class KeyFinder:
    """Put keys in the place of descriptions; each is looked up once."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._found: dict[tuple[int, str], Any] = {}

    def with_keys(self, page_type: object, value: JsonObject) -> JsonObject:
        """Return the snapshot of a page with keys; what is described and cannot be found is told and left out."""
        found = dict(value)
        for name, (field, rows) in _portable(page_type).items():
            if name in found:
                keys = [self._find(rows, name, described) for described in _keys(found[name])]
                keys = [key for key in keys if key is not None]
                found[name] = keys if isinstance(field, models.ManyToManyField) else next(iter(keys), None)
        return found

    def _find(self, rows: PortableRows, name: str, described: object) -> Any | None:
        text = json.dumps(described, sort_keys=True, default=str)
        place = (id(rows), text)
        if place not in self._found:
            self._found[place] = rows.find(described)
            if self._found[place] is None:
                self._warn(f"“{name}” names what is not here, {text[:200]}; it was left out.")
        return self._found[place]


def _keys(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
