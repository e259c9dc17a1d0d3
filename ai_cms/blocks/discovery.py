"""Where the project keeps documents: in every BlocksField, and wherever else an app says so.

An app that keeps documents in another way, such as finished ones, registers a store in its ``ready()``::

    document_stores.register("ai_cms_pages.Publication.content", PublicationStore())
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from django.apps import apps
from django.db import connections, models

from ai_cms.core.registry import Registry

from .documents.document import Document
from .fields import BlocksField

__all__ = ["DocumentStore", "FieldStore", "all_stores", "document_fields", "document_stores", "stored_documents"]


class DocumentStore(Protocol):
    """Something that keeps documents.

    ``allowed``: the block types that are admitted, ``None`` for all. ``finished``: whether its documents may not hold
    field errors, as those that the public reads.
    """

    allowed: tuple[str, ...] | None
    finished: bool

    def documents(self, *, using: str, batch: int, lock: bool = False) -> Iterator[list[tuple[Any, Document]]]:
        """Yield (key, document) pairs in batches; ``lock``: for update, in a transaction around each batch."""

    def store(self, key: object, document: Document, *, using: str) -> None:
        """Store the document of ``key`` with its blocks in their current versions; the caller has a transaction."""


#: What is no BlocksField; the name is the label in reports.
document_stores: Registry[DocumentStore] = Registry("document store")


class FieldStore:
    """The documents of one BlocksField."""

    def __init__(self, model: type[models.Model], field: BlocksField) -> None:
        self.model = model
        self.field = field
        self.allowed = field.allowed
        self.finished = not field.drafts

    def documents(self, *, using: str, batch: int, lock: bool = False) -> Iterator[list[tuple[Any, Document]]]:
        return stored_documents(self.model, self.field, using=using, batch=batch, lock=lock)

    def store(self, key: object, document: Document, *, using: str) -> None:
        models.QuerySet(self.model, using=using).filter(pk=key).update(**{self.field.attname: document})


def all_stores() -> Iterator[tuple[str, DocumentStore]]:
    """Yield every store of the project with its label, such as ``"shop.Product.text"``."""
    for model, field in document_fields():
        yield f"{model._meta.label}.{field.name}", FieldStore(model, field)
    yield from document_stores.items()


def document_fields() -> Iterator[tuple[type[models.Model], BlocksField]]:
    """Yield every BlocksField of the installed models that have a table, each with the model whose table has it."""
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.proxy or not meta.managed or meta.swapped:
            continue
        for field in meta.local_concrete_fields:
            if isinstance(field, BlocksField):
                yield model, field


def stored_documents(
    model: type[models.Model],
    field: models.Field[Any, Any],
    *,
    using: str,
    batch: int,
    lock: bool = False,
) -> Iterator[list[tuple[Any, Document]]]:
    """Yield (primary key, document) pairs in batches, whatever the model's managers hide, in the order of the keys.

    ``lock``: select the rows for update; the caller then has a transaction around each batch.
    """
    # A bare QuerySet: managers may hide rows (soft deletion) or fetch more than is needed (polymorphism).
    rows: models.QuerySet[Any] = models.QuerySet(model, using=using).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",)) if _has_of(using) else rows.select_for_update()
    last: object = None
    while True:
        page = rows if last is None else rows.filter(pk__gt=last)
        found = list(page.values_list("pk", field.attname)[:batch])
        if not found:
            return
        last = found[-1][0]
        yield [(pk, document if isinstance(document, Document) else Document(document)) for pk, document in found]


def _has_of(using: str) -> bool:
    return bool(connections[using].features.has_select_for_update_of)
