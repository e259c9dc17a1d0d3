"""Read JSON and text from outside so that nothing poisonous gets further in.

What Python's parser lets through and databases, templates or later readers choke on is refused here: NUL, lone
surrogates, NaN and Infinity, numbers beyond 64 bits, duplicate keys, bottomless nesting.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from django.utils.translation import gettext as _

from .conf import core_settings
from .exceptions import InvalidInput, TooLarge
from .jsontypes import JsonObject

__all__ = ["check_parameters", "check_query_string", "check_text", "is_clean_text", "loads"]

_MAX_INTEGER = 2**63 - 1
_INTEGER_DIGITS = 19
_SURROGATE = re.compile("[\ud800-\udfff]")
#: A string, to the end of the text if nothing closes it, and the colon that makes it a key. It never looks back.
_STRING = re.compile(r'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"\s*+(:)?|\Z)', re.DOTALL)


def loads(raw: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises TooLarge over ``JSON_MAX_BYTES``, InvalidInput with a sentence that says what is wrong and where.
    """
    if len(raw) > core_settings.JSON_MAX_BYTES:
        raise TooLarge(_("The body is over %(limit)d bytes.") % {"limit": core_settings.JSON_MAX_BYTES})
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        _refuse(_("The body is not UTF-8 (byte %(position)d).") % {"position": error.start})
    limit = core_settings.JSON_MAX_KEYS
    if text.count(":") > limit and _has_more_keys(text, limit):
        # Before anything is built of them: a hundred thousand objects cost the process more than their own time.
        _refuse(_too_many_keys(limit))
    counter = _Keys(limit)
    try:
        value = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=counter.build,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        _refuse(
            _("The body is not JSON: %(problem)s, line %(line)d column %(column)d.")
            % {"problem": error.msg, "line": error.lineno, "column": error.colno}
        )
    except RecursionError:
        _refuse(_too_deep())
    _walk(value)
    return value


def check_text(text: str, where: str, *, limit: int | None = None) -> None:
    """Raise InvalidInput, naming ``where``, if ``text`` holds NUL or lone surrogates or is longer than ``limit``."""
    if "\x00" in text:
        _refuse(_("%(where)s holds a NUL character.") % {"where": where}, code="invalid_text")
    if not text.isascii() and _SURROGATE.search(text):
        _refuse(_("%(where)s holds a lone surrogate.") % {"where": where}, code="invalid_text")
    if limit is not None and len(text) > limit:
        _refuse(_("%(where)s is over %(limit)d characters.") % {"where": where, "limit": limit}, code="too_long")


def is_clean_text(text: str) -> bool:
    """Return whether ``text`` holds neither NUL nor lone surrogates."""
    return "\x00" not in text and (text.isascii() or not _SURROGATE.search(text))


def check_query_string(raw: str) -> None:
    """Raise InvalidInput if an undecoded query string is not UTF-8 once decoded."""
    if "%" not in raw and raw.isascii():
        return
    try:
        # WSGI hands bytes over as Latin-1; what does not fit was put there by something else and is refused too.
        unquote_to_bytes(raw.encode("latin-1")).decode()
    except UnicodeError:
        _refuse(_("The query string is not UTF-8."), code="invalid_query")


def check_parameters(parameters: Mapping[str, object], *, limit: int) -> None:
    """Check names and all values of a ``QueryDict``, from a query or a form."""
    lists = parameters.lists() if hasattr(parameters, "lists") else ((k, [v]) for k, v in parameters.items())
    for name, values in lists:
        check_text(name, _("A parameter name"), limit=200)
        for value in values:
            if isinstance(value, str):
                check_text(value, _("The parameter %(name)s") % {"name": name}, limit=limit)


class _Keys:
    """Build objects while counting their keys over the whole text."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.seen = 0

    def build(self, pairs: list[tuple[str, Any]]) -> JsonObject:
        self.seen += len(pairs)
        if self.seen > self.limit:
            _refuse(_too_many_keys(self.limit))
        built = dict(pairs)
        if len(built) != len(pairs):
            keys = [key for key, _value in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            # repr of at most 50 characters: the key is the client's own and may be long or unprintable.
            _refuse(_("The key %(key)s is there twice in one object.") % {"key": ascii(twice[:50])})
        return built


def _has_more_keys(text: str, limit: int) -> bool:
    """Return whether more than ``limit`` strings of a JSON text, perhaps an ill-formed one, stand before a colon."""
    found = (match.lastindex for match in _STRING.finditer(text))
    return next(islice((key for key in found if key), limit, None), None) is not None


def _too_many_keys(limit: int) -> str:
    return _("The body has over %(limit)d keys.") % {"limit": limit}


def _integer(digits: str) -> int:
    # The length is compared first: int() of thousands of digits raises, and is slow before that.
    if len(digits.lstrip("-")) <= _INTEGER_DIGITS:
        value = int(digits)
        if -_MAX_INTEGER - 1 <= value <= _MAX_INTEGER:
            return value
    _refuse(_("A number is beyond 64 bits."))


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _refuse(_("A number is too large."))
    return value


def _constant(name: str) -> NoReturn:
    _refuse(_("%(name)s is not JSON.") % {"name": name})


def _walk(root: object) -> None:
    """Check the depth and every string, without recursion."""
    deepest, longest = core_settings.JSON_MAX_DEPTH, core_settings.JSON_MAX_STRING
    # Looked up once, not for each of a document's hundreds of strings.
    a_string, a_key = _("A string of the body"), _("A key of the body")
    level: list[Any] = [root]
    depth = 0
    while level:
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                check_text(value, a_string, limit=longest)
            elif isinstance(value, dict):
                for key in value:
                    check_text(key, a_key, limit=longest)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        depth += 1
        if depth > deepest and any(isinstance(value, dict | list) for value in level):
            _refuse(_too_deep())
        level = below


def _too_deep() -> str:
    return _("The body nests deeper than %(limit)d levels.") % {"limit": core_settings.JSON_MAX_DEPTH}


def _refuse(detail: str, *, code: str = "invalid_json") -> NoReturn:
    raise InvalidInput(detail, code=code)
