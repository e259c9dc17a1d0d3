"""The kinds of text a block's props are made of, as annotated types.

========== ============================================================ ========================
type       holds                                                        editor
========== ============================================================ ========================
InlineText plain text on one line                                       text input
Text       plain text, several lines                                    text area
RichText   HTML, sanitised whenever it is validated                     rich text
Url        http, https, mailto, tel, a path or #anchor; "" for none     URL input
RequiredUrl the same, never empty                                       URL input
ImageRef   http, https, a path, or ``asset:<id>``; "" for none          asset picker
========== ============================================================ ========================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

from ..html.richtext import sanitize_html
from ..html.schemes import whole_address

__all__ = ["AtMost", "ImageRef", "InlineText", "RequiredUrl", "RichText", "Text", "Url", "whole_address"]

#: Characters no stored text may have: C0 and C1 controls but tab, line feed and carriage return; lone surrogates;
#: non-characters. PostgreSQL refuses NUL in JSON, and a lone surrogate cannot be encoded at all.
FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_SCHEME = re.compile(r"[^/?#]*?:")
_SPACE_OR_CONTROL = re.compile("[\x00-\x20\x7f-\xa0\\\\\u2028\u2029\ud800-\udfff]")
_LINE_BREAKS = re.compile("[ \t]*[\r\n\x0b\x0c\u2028\u2029]+[ \t]*")
_ASSET = re.compile(r"asset:[A-Za-z0-9-]{1,64}")
_LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_FILE_SCHEMES = frozenset({"http", "https"})


def one_line(value: str) -> str:
    """Return ``value`` with each run of line breaks made a space."""
    return value if value.isprintable() else _LINE_BREAKS.sub(" ", value)


def check_url(value: str) -> str:
    """Return a link target without the space around it, and with the scheme that a host or a mail address lacks.

    Raises for schemes that run code and for malformed URLs.
    """
    return _checked(whole_address(value), _LINK_SCHEMES)


def check_image_ref(value: str) -> str:
    """Return an image's URL, with the scheme that a host lacks, or a reference to an asset as it is."""
    if _ASSET.fullmatch(value):
        return value
    return _checked(whole_address(value, mail=False), _FILE_SCHEMES)


@lru_cache(maxsize=4096)
def _checked(value: str, schemes: frozenset[str]) -> str:
    value = value.strip(" \t\r\n")
    if not value:
        return value
    if _SPACE_OR_CONTROL.search(value):
        raise PydanticCustomError("url_characters", "A URL cannot have spaces, backslashes or control characters.")
    scheme = _SCHEME.match(value)
    try:
        parts = urlsplit(value)
        # .port raises for what urlsplit lets through.
        _ = parts.port
    except ValueError:
        raise PydanticCustomError("url_parsing", "This is not a valid URL.") from None
    if scheme is None:
        return value
    name = scheme.group()[:-1].lower()
    if name not in schemes:
        raise PydanticCustomError(
            "url_scheme",
            "The URL must be a path or start with {expected}.",
            {"expected": ", ".join(f"{item}:" for item in sorted(schemes))},
        )
    if name in _FILE_SCHEMES and not parts.hostname:
        raise PydanticCustomError("url_parsing", "This is not a valid URL.")
    return value


@dataclass(frozen=True)
class AtMost:
    """The most characters a kind of text has where the field sets no limit of its own.

    Not ``Field(max_length=…)``: of two of those Pydantic takes the type's, so that no field could have a limit below it.
    """

    limit: int

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = handler(source)
        if schema["type"] == "str":
            schema.setdefault("max_length", self.limit)
        return schema  # type: ignore[no-any-return]


InlineText = Annotated[str, AtMost(1_000), AfterValidator(one_line)]
Text = Annotated[str, AtMost(20_000), Field(json_schema_extra={"x-widget": "textarea"})]
RichText = Annotated[
    str, AtMost(200_000), Field(json_schema_extra={"x-widget": "richtext"}), AfterValidator(sanitize_html)
]
Url = Annotated[
    str,
    AtMost(2_000),
    Field(json_schema_extra={"format": "uri-reference", "x-widget": "url"}),
    AfterValidator(check_url),
]
RequiredUrl = Annotated[Url, Field(min_length=1)]
ImageRef = Annotated[
    str,
    AtMost(2_000),
    Field(json_schema_extra={"format": "uri-reference", "x-widget": "asset"}),
    AfterValidator(check_image_ref),
]
