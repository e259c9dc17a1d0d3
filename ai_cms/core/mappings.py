"""The names for mappings of which code knows the keys: a row's columns, a form's answers, a template's variables.

A value has the type of what it is named after, and Django's own annotations say no more of them than ``dict[str, Any]``;
these say which of them is meant. JSON has names of its own, in :mod:`ai_cms.core.jsontypes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["CleanedData", "Columns", "FieldValues", "TemplateContext"]

#: What a form or a serializer made of the fields that were sent, by the name of the field.
CleanedData: TypeAlias = dict[str, Any]

#: A row, or a part of it, by the names of the columns: what ``values()`` returns and ``update()`` and ``create()`` take.
Columns: TypeAlias = dict[str, Any]

#: What a caller wants in the fields of a row, by the name of the field.
FieldValues: TypeAlias = Mapping[str, Any]

#: What a template is drawn with, by the name of the variable.
TemplateContext: TypeAlias = dict[str, Any]
