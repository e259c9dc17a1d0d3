"""The names of tags: how they are written, and when two are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput

__all__ = ["MAX_TAGS", "TAG_LENGTH", "clean_names", "tag_key"]

TAG_LENGTH = 60
MAX_TAGS = 50


def tag_key(name: str) -> str:
    """Return what is the same for all spellings of a tag: case and compatibility forms folded, one space between words.

    Folding may bring letters that fold further, so it is done twice around the normal form (Unicode's NFKC_Casefold).
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def clean_names(raw: Iterable[str]) -> list[str]:
    """Return names of tags as they are stored, the first spelling of each, in order. Raises InvalidInput."""
    found: dict[str, str] = {}
    for item in raw:
        name = " ".join(unicodedata.normalize("NFC", str(item)).split()).removeprefix("#").strip()
        key = tag_key(name)
        if not key:
            continue
        if len(name) > TAG_LENGTH or len(key) > 2 * TAG_LENGTH:
            raise InvalidInput(errors={"tags": [_("A tag has at most %(limit)d characters.") % {"limit": TAG_LENGTH}]})
        found.setdefault(key, name)
    if len(found) > MAX_TAGS:
        raise InvalidInput(errors={"tags": [_("At most %(limit)d tags.") % {"limit": MAX_TAGS}]})
    return list(found.values())
