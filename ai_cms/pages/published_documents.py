"""The documents in publications, for the commands that look after blocks: finished ones, and no columns of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils import timezone

from ai_cms.blocks.discovery import document_stores, stored_documents
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.fields import BlocksField
from ai_cms.core.signals import publications_written

from .conf import pages_settings
from .models import Publication
from .provenance import public_blocks
from .services.page_types import page_types
from .services.publications import json_tail

__all__ = ["PublishedContent", "PublishedFields"]


class PublishedContent:
    """What the public reads of a page's document; its JSON is renewed with it, its HTML is made again when it is asked for."""

    allowed: tuple[str, ...] | None = None
    finished = True

    def documents(self, *, using: str, batch: int, lock: bool = False) -> Iterator[list[tuple[Any, Document]]]:
        field: models.Field[Any, Any] = Publication._meta.get_field("content")
        return stored_documents(Publication, field, using=using, batch=batch, lock=lock)

    def store(self, key: Any, document: Document, *, using: str) -> None:
        row = Publication.objects.using(using).only("body").get(pk=key)
        body = json.loads("{" + row.body)
        body["content_json"] = public_blocks(document.blocks, marked=pages_settings.EXPOSE_PROVENANCE)
        _write(key, using, content=document.blocks, body=json_tail(body))


class PublishedFields:
    """The documents among the fields of page types, as they were published."""

    allowed: tuple[str, ...] | None = None
    finished = True

    def documents(self, *, using: str, batch: int, lock: bool = False) -> Iterator[list[tuple[Any, Document]]]:
        rows = Publication.objects.using(using).order_by("pk")
        rows = rows.select_for_update() if lock else rows
        for type_name, names in self._fields().items():
            last = 0
            while found := list(rows.filter(type=type_name, pk__gt=last).values_list("pk", "body")[:batch]):
                last = found[-1][0]
                yield [
                    ((pk, name), Document(json.loads("{" + body)["fields"].get(name)))
                    for pk, body in found
                    for name in names
                ]

    def store(self, key: Any, document: Document, *, using: str) -> None:
        pk, name = key
        body = json.loads("{" + Publication.objects.using(using).only("body").get(pk=pk).body)
        body["fields"][name] = document.blocks
        _write(pk, using, body=json_tail(body))

    def _fields(self) -> dict[str, list[str]]:
        found = {
            name: [field.name for field in model.type_fields() if isinstance(field, BlocksField)]
            for name, model in page_types().items()
        }
        return {name: fields for name, fields in found.items() if fields}


def _write(pk: int, using: str, **values: object) -> None:
    # A new time is a new ETag, and the key of the stored HTML.
    Publication.objects.using(using).filter(pk=pk).update(**values, html="", html_key="", modified_at=timezone.now())
    publications_written.send(sender=Publication, keys=[pk], using=using)


document_stores.register("ai_cms_pages.Publication.content", PublishedContent())
document_stores.register("ai_cms_pages.Publication.fields", PublishedFields())
