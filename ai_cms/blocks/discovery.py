"""Where the project keeps documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections, models

from .documents.document import Document
from .fields import BlocksField

__all__ = ["document_fields", "stored_documents"]


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
    model: type[models.Model], field: BlocksField, *, using: str, batch: int, lock: bool = False
) -> Iterator[list[tuple[object, Document]]]:
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
