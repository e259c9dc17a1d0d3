"""Single values of an exported item: numbers, dates, terms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from django.utils import timezone

from ai_cms.core.jsontypes import JsonObject

from ..terms import ImportedTerm
from ..tidy import plain_text
from .items import WxrItem, WxrSite

__all__ = ["IN_DIGEST", "date_of", "number_of", "terms_in", "terms_of"]

#: What of an item makes its page, beside its terms and custom fields.
IN_DIGEST = (
    "title",
    "link",
    "creator",
    "content",
    "excerpt",
    "post_date",
    "post_date_gmt",
    "comment_status",
    "name",
    "status",
    "parent",
    "menu_order",
    "type",
    "sticky",
)
#: Categories above a category that are followed.
MAX_ABOVE = 20


def number_of(text: str) -> int:
    match = re.match(r"-?[0-9]{1,9}\Z", text)
    return int(match[0]) if match else 0


def date_of(raw: WxrItem) -> tuple[datetime | None, list[str]]:
    """Return when an item was published or written, and the texts that were to say so and cannot be read.

    Local times are read as those of this project. What WordPress writes where there is no date is none.
    """
    unreadable: list[str] = []
    for text, zone in ((raw.post_date_gmt, UTC), (raw.post_date, timezone.get_current_timezone())):
        try:
            found = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
            return found.astimezone(UTC), unreadable
        except (ValueError, OverflowError):
            if text and not text.startswith("0000-00-00"):
                unreadable.append(text)
    try:
        moment = parsedate_to_datetime(raw.pub_date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC), unreadable
    except (ValueError, TypeError, IndexError, OverflowError):
        if raw.pub_date and "-0001" not in raw.pub_date:
            unreadable.append(raw.pub_date)
        return None, unreadable


def terms_of(categories: list[list[str]]) -> JsonObject:
    """Return the terms of an item by the name they have in metadata."""
    found: JsonObject = {}
    lists: dict[str, list[str]] = {}
    for domain, nicename, name in categories:
        word = plain_text(name) or unquote(nicename, errors="replace")
        if not word:
            continue
        if domain in ("", "category"):
            target = lists.setdefault("categories", [])
        elif domain in ("post_tag", "tag"):
            target = lists.setdefault("tags", [])
        elif domain == "post_format":
            found["format"] = (nicename or name).removeprefix("post-format-").lower()[:50]
            continue
        else:
            target = found.setdefault("taxonomies", {}).setdefault(domain[:100], [])
        if word not in target:
            target.append(word)
    return {**lists, **found}


def terms_in(site: WxrSite, categories: list[list[str]]) -> list[ImportedTerm]:
    """Return the categories and tags of an item with what the header of the export says of them."""
    found: dict[tuple[str, str], ImportedTerm] = {}
    for domain, nicename, name in categories:
        slug = unquote(nicename, errors="replace")
        word = plain_text(name) or slug
        if not word:
            continue
        if domain in ("", "category"):
            term = _category(site, nicename, slug, word)
        elif domain in ("post_tag", "tag"):
            declared = site.tags.get(nicename)
            term = ImportedTerm("tag", word, slug, plain_text(declared.description) if declared else "")
        else:
            continue
        found.setdefault((term.kind, term.slug or term.name), term)
    return list(found.values())


def _category(site: WxrSite, nicename: str, slug: str, word: str) -> ImportedTerm:
    """Return a category below those that the header puts above it; a circle among them is cut."""
    line: list[tuple[str, str]] = []
    above = site.categories[nicename].parent if nicename in site.categories else ""
    seen = {nicename}
    while above in site.categories and above not in seen and len(line) < MAX_ABOVE:
        seen.add(above)
        line.append((above, plain_text(site.categories[above].name)))
        above = site.categories[above].parent
    parent: ImportedTerm | None = None
    for upper, name in reversed(line):
        description = plain_text(site.categories[upper].description)
        parent = ImportedTerm("category", name or upper, unquote(upper, errors="replace"), description, parent)
    declared = site.categories.get(nicename)
    return ImportedTerm("category", word, slug, plain_text(declared.description) if declared else "", parent)
