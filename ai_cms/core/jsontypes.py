"""The names for JSON in annotations: a block, a document's provenance, a schema, a request's body.

``JsonObject`` is one that may be changed, ``JsonMapping`` one that is only read. Their values are ``Any`` on purpose: what
lies under a key is known to a schema (a block type, a serializer, OpenAPI), not to the type checker, and a recursive union
would ask for a cast at every step down. What is no JSON (keyword arguments, columns, template contexts) does not take
these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["JsonMapping", "JsonObject"]

JsonObject: TypeAlias = dict[str, Any]
JsonMapping: TypeAlias = Mapping[str, Any]
