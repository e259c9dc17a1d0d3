"""Read JSON that is nested deeper than Python's parser goes: some programs nest each message in the one before."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["loads", "loads_deep"]

_SPACE = re.compile(r"[ \t\n\r]*")
#: More digits than this are no count of anything, and slow to read.
_DIGITS = 300


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS else None


def _constant(name: str) -> None:
    """Read NaN and its like, which are not JSON, as ``None``."""


_SCALARS = json.JSONDecoder(parse_int=_integer, parse_constant=_constant, strict=False)


def loads(text: str, *, nesting: int) -> Any:
    """Return the value of a JSON text; see loads_deep(), which is slower. Raises ValueError."""
    try:
        return _SCALARS.decode(text)
    except RecursionError:
        return loads_deep(text, nesting=nesting)


def loads_deep(text: str, *, nesting: int) -> Any:
    """Return the value of a JSON text, without recursion. Raises ValueError, also for more than ``nesting`` levels.

    NaN and whole numbers of hundreds of digits are read as ``None``.
    """
    root: list[Any] = []
    stack: list[list[Any] | dict[str, Any]] = [root]
    keys: list[str] = []
    at = _skip(text, 0)
    expects_value = True
    while True:
        place = stack[-1]
        if expects_value:
            character = text[at : at + 1]
            if character in ("{", "["):
                opened: list[Any] | dict[str, Any] = {} if character == "{" else []
                _put(place, keys, opened)
                stack.append(opened)
                if len(stack) > nesting:
                    raise ValueError(f"nested deeper than {nesting} levels")
                at = _skip(text, at + 1)
                closing = "}" if character == "{" else "]"
                if text[at : at + 1] == closing:
                    stack.pop()
                    at, expects_value = _skip(text, at + 1), False
                elif character == "{":
                    at = _key(text, at, keys)
                continue
            value, at = _SCALARS.raw_decode(text, at)
            _put(place, keys, value)
            at, expects_value = _skip(text, at), False
            continue
        if len(stack) == 1:
            if at != len(text):
                raise json.JSONDecodeError("Extra data", text, at)
            return root[0]
        character = text[at : at + 1]
        if character == ",":
            at, expects_value = _skip(text, at + 1), True
            if isinstance(place, dict):
                at = _key(text, at, keys)
        elif character == ("}" if isinstance(place, dict) else "]"):
            stack.pop()
            at = _skip(text, at + 1)
        else:
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _put(place: list[Any] | dict[str, Any], keys: list[str], value: Any) -> None:
    if isinstance(place, dict):
        place[keys.pop()] = value
    else:
        place.append(value)


def _key(text: str, at: int, keys: list[str]) -> int:
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    key, at = _SCALARS.raw_decode(text, at)
    keys.append(key)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    return _skip(text, at + 1)
