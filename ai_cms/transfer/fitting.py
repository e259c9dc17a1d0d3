"""Fit one item into a page: title, metadata, fields and blocks that the page type takes, nothing lost on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.structure import limit_errors
from ai_cms.blocks.html.richtext import clean_text
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.services import resolve_page_type
from ai_cms.pages.snapshots import MAX_METADATA_BYTES, PAGE_FIELDS, assign_fields, missing_required

from .base import ImportItem, Notices
from .exceptions import ImportRefused
from .tidy import fit_blocks

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["clean_json", "fit_item", "known_fields", "page_type_of"]

MAX_TITLE = 255
UNTITLED = "Untitled"


def page_type_of(item: ImportItem) -> type[AbstractPage]:
    """Return the page type an item becomes. Raises ImportRefused for an unknown one."""
    try:
        return resolve_page_type(item.page_type)
    except InvalidInput as error:
        raise ImportRefused(str(error.detail), source=item.where, line=item.line) from None


def known_fields(page: AbstractPage, fields: JsonObject) -> JsonObject:
    """Return the fields that a page has: it may be of the type that its items became before another app was installed."""
    known = {*PAGE_FIELDS, *(field.name for field in page.type_fields())}
    return {name: value for name, value in fields.items() if name in known}


def clean_json(value: object) -> Any:
    """Return a JSON value whose texts hold no control characters and no lone surrogates."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    return value


def fit_item(item: ImportItem, notices: Notices) -> None:
    """Bring an item that an importer and the hooks have filled into the limits of its page type.

    What does not fit is kept elsewhere (a long title in the metadata) or becomes a warning. Raises ImportRefused for a text
    that is larger than a document may be.
    """

    def warn(message: str) -> None:
        notices.add(message, item=item.label, line=item.line)

    model = page_type_of(item)
    item.metadata = clean_json(item.metadata)
    item.fields = clean_json(item.fields)
    _fit_title(item, warn)
    _fit_fields(item, warn)
    item.blocks = fit_blocks(clean_json(item.blocks), allowed=model.allowed_blocks, warn=warn)
    errors = limit_errors(Document(item.blocks))
    if errors:
        raise ImportRefused(
            f"“{item.title[:100]}” does not fit into one page: {errors[0].msg} The settings DOCUMENT_MAX_BYTES and "
            "DOCUMENT_MAX_BLOCKS set the limits.",
            source=item.where,
            line=item.line,
        )
    _fit_metadata(item, warn)
    page = model(locale="en")
    try:
        assign_fields(page, {"title": item.title, "metadata": item.metadata, **item.fields}, partial=False)
    except InvalidInput as error:
        raise ImportRefused(f"“{item.title[:100]}”: {error.errors}", source=item.where, line=item.line) from None
    page.content_json = Document([])
    if item.publish and (missing := missing_required(page)):
        item.publish = False
        warn(f"It is imported as a draft: {', '.join(missing)} is missing.")


def _fit_title(item: ImportItem, warn: Any) -> None:
    title = " ".join(clean_text(item.title).split())
    if not title:
        warn(f"It has no title; it is called “{UNTITLED}”.")
        title = UNTITLED
    if len(title) > MAX_TITLE:
        warn(f"The title is longer than {MAX_TITLE} characters; it was cut and is whole in the metadata (full_title).")
        item.metadata["full_title"] = title
        title = title[: MAX_TITLE - 1].rstrip() + "…"
    item.title = title


def _fit_fields(item: ImportItem, warn: Any) -> None:
    for name, limit in (("seo_title", 255), ("seo_description", 500)):
        text = item.fields.get(name)
        if isinstance(text, str) and len(text) > limit:
            item.metadata[f"full_{name}"] = text
            item.fields[name] = text[: limit - 1].rstrip() + "…"
            warn(f"{name} is longer than {limit} characters; it was cut and is whole in the metadata.")
    unknown = [name for name in item.fields if name not in PAGE_FIELDS and not _has_field(item, name)]
    for name in unknown:
        item.metadata.setdefault("fields", {})[name] = item.fields.pop(name)
        warn(f"Pages of this type have no field “{name[:100]}”; it is kept in the metadata.")


def _has_field(item: ImportItem, name: str) -> bool:
    return any(field.name == name for field in page_type_of(item).type_fields())


def _fit_metadata(item: ImportItem, warn: Any) -> None:
    """Leave out the largest entries of metadata that is over the limit."""
    while _size(item.metadata) > MAX_METADATA_BYTES:
        name = max(item.metadata, key=lambda key: _size(item.metadata[key]))
        del item.metadata[name]
        warn(f"The metadata is larger than {MAX_METADATA_BYTES:,} bytes; “{name[:100]}” was left out.")


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str).encode())
