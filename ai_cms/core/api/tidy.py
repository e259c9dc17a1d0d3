"""The OpenAPI document as generators of clients take it: what drf-spectacular and Pydantic write in another way.

- Every definition is a component. Pydantic keeps those of a model below it, as ``…/Block/$defs/HeadingNode``, where
  openapi-typescript makes types that refer to themselves and openapi-python-client finds nothing.
- A component has one name. A title, such as a block's label, is the name of the class for some generators, and there
  may be many of a kind ("Image"): it becomes the description, in front of the one that is there.
- A value of any kind is ``{}``. drf-spectacular 0.30 says ``oneOf: [{}, {"type": "null"}]`` if it may be null too;
  null fits both, so that a validator refuses it.
- A text that may be empty is described so that the empty text fits. drf-spectacular 0.30 says ``oneOf: [{"pattern": …},
  {"maxLength": 0}]``; where the pattern takes it as well, a validator refuses the very default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..jsontypes import JsonObject

__all__ = ["allow_blank", "lift_definitions", "simplify_any"]

_BLANK = {"type": "string", "maxLength": 0}
_PREFIX = "#/components/schemas/"


def lift_definitions(components: JsonObject, document: object) -> None:
    """Make a component of every definition that lies below one, and let all references of ``document`` follow.

    One whose name another component has gets that of its owner in front, unless they are the same.
    """
    moved: dict[str, str] = {}
    for owner in list(components):
        for name, definition in components[owner].pop("$defs", {}).items():
            old = f"{_PREFIX}{owner}/$defs/{name}"
            if name in components and _without_owners(components[name]) != _without_owners(definition):
                name = f"{owner}{name}"
                definition.pop("title", None)
            components.setdefault(name, definition)
            moved[old] = f"{_PREFIX}{name}"
    for name, component in components.items():
        if component.get("title", name) != name:
            title = component.pop("title")
            component["description"] = f"{title}. {component.get('description', '')}".rstrip()
    for part in _dicts(document):
        for key, value in part.items():
            if isinstance(value, str) and value in moved:
                part[key] = moved[value]


def _without_owners(value: object) -> Any:
    """Return a schema for comparing: of a reference, which may still lead below some owner, the last step counts."""
    if isinstance(value, dict):
        return {key: _without_owners(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_owners(item) for item in value]
    return value.rpartition("/")[2] if isinstance(value, str) and value.startswith(_PREFIX) else value


def simplify_any(document: object) -> None:
    """Say ``{}`` of every value that may be anything, null included."""
    for part in _dicts(document):
        for word in ("oneOf", "anyOf"):
            if isinstance(part.get(word), list) and {} in part[word]:
                del part[word]


def allow_blank(document: object) -> None:
    """Let the empty text fit every text that may be empty, as one value with its default."""
    for part in _dicts(document):
        choice = part.get("oneOf")
        if not (isinstance(choice, list) and len(choice) == 2 and choice[1] == _BLANK and isinstance(choice[0], dict)):
            continue
        del part["oneOf"]
        text = choice[0]
        if "default" in text:
            part["default"] = text.pop("default")
        if "format" not in text and not text.get("minLength") and re.search(text.get("pattern", ""), ""):
            part.update(text)
        else:
            part["anyOf"] = choice


def _dicts(value: object) -> Iterator[JsonObject]:
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield value
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
