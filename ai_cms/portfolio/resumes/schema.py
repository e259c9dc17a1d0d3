"""What a JSON Resume holds, after the schema 1.0.0 (https://github.com/jsonresume/resume-schema).

Unknown keys are allowed everywhere and nothing is required, as there: what is said here is of what kind the known keys are.
A document is judged, never changed, so that it goes out as it came in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.strictjson import is_clean_text

from ..conf import portfolio_settings
from .dates import is_date

__all__ = ["SCHEMA_URL", "SECTIONS", "VERSION", "resume_problems"]

SCHEMA_URL = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
VERSION = "v1.0.0"
#: How deep values may be nested, and how many problems are told of one document.
DEEPEST, MOST_PROBLEMS = 20, 100

_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s\ufeff]*")
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"|\[(?:(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])(?:\.(?!\])|(?=\]))){4}\])"
)

Loc = tuple[str, ...]
Problems = Iterator[tuple[Loc, str, str]]
Check = Callable[[Any, Loc], Problems]


def _text(value: object, loc: Loc) -> Problems:
    if not isinstance(value, str):
        yield loc, "string_type", _("This must be a text.")


def _uri(value: object, loc: Loc) -> Problems:
    if not isinstance(value, str):
        yield loc, "string_type", _("This must be a text.")
    elif _URI.fullmatch(value) is None:
        yield (
            loc,
            "uri",
            _("This must be a whole address, such as https://example.org/; leave it out rather than empty."),
        )


def _email(value: object, loc: Loc) -> Problems:
    if not isinstance(value, str):
        yield loc, "string_type", _("This must be a text.")
    elif _EMAIL.fullmatch(value) is None:
        yield loc, "email", _("This must be an e-mail address; leave it out rather than empty.")


def _date(value: object, loc: Loc) -> Problems:
    if not is_date(value):
        yield loc, "date", _("Write a date as 2024, 2024-06 or 2024-06-29; leave it out for the present.")


def _texts(value: object, loc: Loc) -> Problems:
    if not isinstance(value, list):
        yield loc, "list_type", _("This must be a list of texts.")
        return
    for index, item in enumerate(value):
        yield from _text(item, (*loc, str(index)))


def _object(fields: Mapping[str, Check]) -> Check:
    def check(value: object, loc: Loc) -> Problems:
        if not isinstance(value, dict):
            yield loc, "dict_type", _("This must be an object.")
            return
        for name, of_field in fields.items():
            if name in value:
                yield from of_field(value[name], (*loc, name))

    return check


def _list(fields: Mapping[str, Check]) -> Check:
    of_item = _object(fields)

    def check(value: object, loc: Loc) -> Problems:
        if not isinstance(value, list):
            yield loc, "list_type", _("This must be a list.")
            return
        for index, item in enumerate(value):
            yield from of_item(item, (*loc, str(index)))

    return check


def _fields(texts: str, **others: Check) -> dict[str, Check]:
    return {**dict.fromkeys(texts.split(), _text), **others}


_SPAN = {"startDate": _date, "endDate": _date}

_CHECKS: dict[str, Check] = {
    "$schema": _uri,
    "basics": _object(
        _fields(
            "name label image phone summary",
            email=_email,
            url=_uri,
            location=_object(_fields("address postalCode city countryCode region")),
            profiles=_list(_fields("network username", url=_uri)),
        )
    ),
    "work": _list(_fields("name location description position summary", url=_uri, highlights=_texts, **_SPAN)),
    "volunteer": _list(_fields("organization position summary", url=_uri, highlights=_texts, **_SPAN)),
    "education": _list(_fields("institution area studyType score", url=_uri, courses=_texts, **_SPAN)),
    "awards": _list(_fields("title awarder summary", date=_date)),
    "certificates": _list(_fields("name issuer", date=_date, url=_uri)),
    "publications": _list(_fields("name publisher summary", releaseDate=_date, url=_uri)),
    "skills": _list(_fields("name level", keywords=_texts)),
    "languages": _list(_fields("language fluency")),
    "interests": _list(_fields("name", keywords=_texts)),
    "references": _list(_fields("name reference")),
    "projects": _list(
        _fields("name description entity type", url=_uri, highlights=_texts, keywords=_texts, roles=_texts, **_SPAN)
    ),
    "meta": _object(_fields("version lastModified", canonical=_uri)),
}

#: The lists of a résumé, in the order of the schema.
SECTIONS = tuple(name for name in _CHECKS if name not in ("$schema", "basics", "meta"))


def resume_problems(value: object) -> list[JsonObject]:
    """Return what keeps ``value`` from being a JSON Resume, as ``{"loc", "type", "msg"}``; nothing for a good one."""
    found = list(_storable(value))
    if not found:
        for number, problem in enumerate(_object(_CHECKS)(value, ())):
            if number == MOST_PROBLEMS:
                break
            found.append(problem)
    return [{"loc": list(loc), "type": kind, "msg": str(msg)} for loc, kind, msg in found]


def _storable(value: object) -> Problems:
    """Yield what no database, or no reader, could take: it is looked for before anything else."""
    waiting: list[tuple[Any, Loc]] = [(value, ())]
    while waiting:
        item, loc = waiting.pop()
        if isinstance(item, str) and not is_clean_text(item):
            yield loc, "forbidden_character", _("Null characters and lone surrogates are not allowed.")
            return
        if not isinstance(item, dict | list):
            continue
        if len(loc) >= DEEPEST:
            yield loc[:3], "too_deep", _("Values can be nested at most %(most)d deep.") % {"most": DEEPEST}
            return
        pairs: Any = item.items() if isinstance(item, dict) else enumerate(item)
        for key, inner in pairs:
            if isinstance(key, str) and not is_clean_text(key):
                yield loc, "forbidden_character", _("Null characters and lone surrogates are not allowed.")
                return
            waiting.append((inner, (*loc, str(key))))
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError):
        yield (), "not_json", _("This is not plain JSON.")
        return
    if size > portfolio_settings.RESUME_MAX_BYTES:
        yield (
            (),
            "too_large",
            _("A résumé can have at most %(most)d bytes; this has %(size)d.")
            % {"most": portfolio_settings.RESUME_MAX_BYTES, "size": size},
        )
