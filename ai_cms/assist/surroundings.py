"""What a draft is told of the site around it, and which addresses it may lead to: those that are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ai_cms.blocks.html.richtext import sanitize_html
from ai_cms.blocks.types.registry import blocks
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model
from ai_cms.pages.addresses import public_url
from ai_cms.pages.models import Publication, Site

from ..core.jsontypes import JsonMapping, JsonObject

__all__ = ["Addresses", "around", "public_pages"]

#: Pages that a draft may link to, and titles of neighbours that it is told.
MOST_PAGES = 40
_NEIGHBOURS = 12
_LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)
_SCHEME = re.compile(r"^(?:mailto|tel):", re.IGNORECASE)


def around(place: Any, actor: Actor, *, new: bool) -> JsonObject:
    """Return the site's name, the titles above ``place``, and those beside it, as far as ``actor`` may see them.

    ``new``: the page that is written is to be below ``place``; its neighbours are then what is below that.
    """
    pages = get_page_model().objects.visible_to(actor)
    above = list(pages.above(place, include_self=new).values_list("title", flat=True))
    parent = place.pk if new else place.parent_id
    beside = pages.filter(parent_id=parent).exclude(pk=place.pk).order_by("lft") if parent is not None else pages.none()
    site = Site.objects.filter(pk=place.site_id).values_list("name", flat=True).first()
    found = {"site": site, "above": above, "beside": list(beside.values_list("title", flat=True)[:_NEIGHBOURS])}
    return {name: value for name, value in found.items() if value}


def public_pages(place: Any) -> list[JsonObject]:
    """Return title and address of pages of the site that everybody may read, those near ``place`` first."""
    rows = Publication.objects.filter(site_id=place.site_id).public().exclude(page_id=place.pk)
    found = list(rows.order_by("path").values_list("title", "path", "locale")[: MOST_PAGES * 5])
    own = str(place.path or "/")

    def distance(row: tuple[str, str, str]) -> tuple[bool, int, int]:
        _title, path, locale = row
        shared = sum(1 for _pair in _while_same(own.split("/"), path.split("/")))
        return locale != place.locale, -shared, path.count("/")

    nearest = sorted(found, key=distance)[:MOST_PAGES]
    return [{"title": title, "address": public_url(path)} for title, path, _locale in nearest]


def _while_same(one: Iterable[str], other: Iterable[str]) -> Iterable[str]:
    for first, second in zip(one, other, strict=False):
        if first != second:
            return
        yield first


class Addresses:
    """The addresses that an answer may lead to: those that stood in what the model was given."""

    def __init__(self, data: JsonMapping) -> None:
        self.given = json.dumps(data, ensure_ascii=False)

    def knows(self, address: str) -> bool:
        """Return whether an address stood in the data; one within the page always does."""
        bare = _SCHEME.sub("", address.strip()).rstrip("/")
        return address.startswith("#") or not bare or bare in self.given

    def kept(self, value: object, left_out: list[str]) -> Any:
        """Return blocks, props or HTML without addresses that nobody gave; the words of links stay. They go to ``left_out``."""
        if isinstance(value, dict):
            names = _address_names()
            return {
                key: self._address(inner, left_out) if key in names else self.kept(inner, left_out)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [self.kept(inner, left_out) for inner in value]
        if isinstance(value, str) and "<a" in value.lower():
            # Cleaned first: then a tag has one form.
            return _LINK.sub(lambda match: self._link(match, left_out), sanitize_html(value))
        return value

    def _address(self, value: object, left_out: list[str]) -> object:
        if not isinstance(value, str) or self.knows(value):
            return value
        left_out.append(value[:200])
        return ""

    def _link(self, match: re.Match[str], left_out: list[str]) -> str:
        address = match[1].replace("&amp;", "&")
        if self.knows(address):
            return match[0]
        left_out.append(address[:200])
        return match[2]


def _address_names() -> frozenset[str]:
    found: frozenset[str] = blocks.derived("address names", _find_address_names)
    return found


def _find_address_names() -> frozenset[str]:
    found = set()
    pending: list[Any] = [block_class.model_json_schema() for _name, block_class in blocks.items()]
    while pending:
        schema = pending.pop()
        if isinstance(schema, list):
            pending += schema
        elif isinstance(schema, dict):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                found |= {name for name, each in properties.items() if '"x-widget": "url"' in json.dumps(each)}
            pending += schema.values()
    return frozenset(found)
