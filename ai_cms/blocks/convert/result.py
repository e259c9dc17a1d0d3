"""What a conversion yields: blocks, and what could not be taken along; and helpers that keep props valid."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic_core import PydanticCustomError

from ...core.jsontypes import JsonObject
from ..html.richtext import clean_text, clean_url
from ..types.text import check_image_ref, check_url

__all__ = ["ConversionWarning", "Converted", "block", "file_url", "link_url", "one_line"]

Blocks = list[JsonObject]

_SPACES = re.compile(r"\s+")
_UNSAFE_IN_URL = re.compile(r"[\s\\<>\"`{}|^\x7f-\xa0]")
MAX_URL = 2_000


@dataclass(frozen=True, slots=True)
class ConversionWarning:
    """Something that was left out or changed, for the person who imports; ``line`` is that of the source, from 1."""

    line: int
    message: str

    def to_json(self) -> JsonObject:
        return {"line": self.line, "message": self.message}


@dataclass(slots=True)
class Converted:
    """The blocks of a converted text, as ``{"type", "props", "children"?}``, without ids.

    ``title``: of an HTML document with a ``<title>``, else empty.
    """

    blocks: Blocks
    warnings: list[ConversionWarning] = field(default_factory=list)
    title: str = ""


def block(type: str, props: JsonObject, children: Blocks | None = None) -> JsonObject:
    """Return a block as converters yield it."""
    made: JsonObject = {"type": type, "props": props}
    if children is not None:
        made["children"] = children
    return made


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space made one space."""
    return _SPACES.sub(" ", clean_text(text)).strip()


def _checked(url: str, schemes: frozenset[str] | None, check: Callable[[str], str]) -> str:
    url = clean_url(url, schemes) if schemes else clean_url(url)
    url = _UNSAFE_IN_URL.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url)
    if not url or len(url) > MAX_URL:
        return ""
    try:
        return check(url)
    except PydanticCustomError:
        return ""


def link_url(url: str) -> str:
    """Return ``url`` as a block's link prop takes it, spaces encoded; "" if it is unsafe or malformed."""
    return _checked(url, None, check_url)


def file_url(url: str) -> str:
    """Return ``url`` as a block's image or file prop takes it; "" if it is unsafe or malformed."""
    return _checked(url, frozenset({"http", "https"}), check_image_ref)
