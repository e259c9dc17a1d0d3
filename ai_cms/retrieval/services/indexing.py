"""Cut publications into passages and store them, in the transaction of whoever has published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Exists, OuterRef

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.fields import BlocksField
from ai_cms.pages.models import Publication
from ai_cms.pages.search import cut_text, search_config_for
from ai_cms.pages.services.page_types import page_types

from ..conf import retrieval_settings
from ..models import IndexedPublication, Passage
from ..passages import CUTTING, cut_document
from ..passages import Passage as Cut

__all__ = ["behind", "embedded_text", "index_publications", "rebuild", "recipe"]

_BATCH = 100
_COLUMNS = ("version", "block", "anchor", "heading", "text", "digest", "search_title", "search_text", "search_config")


def recipe() -> str:
    """Return how publications are cut now."""
    return f"{CUTTING}:{retrieval_settings.RETRIEVAL_PASSAGE_CHARACTERS}"


def embedded_text(title: str, heading: Sequence[str], text: str) -> str:
    """Return what a vector is made of: a passage says little about "it" without the title of its page."""
    return "\n".join([title, " > ".join(heading), text])


def index_publications(keys: Sequence[int], *, using: str = DEFAULT_DB_ALIAS) -> int:
    """Cut publications anew and store what has changed; return how many passages they have. ``keys``: of any number."""
    count = 0
    for start in range(0, len(keys), _BATCH):
        with transaction.atomic(using=using):
            count += _index(keys[start : start + _BATCH], using)
    return count


def behind(*, using: str = DEFAULT_DB_ALIAS) -> Any:
    """Return the publications whose passages are missing, or of another state or recipe."""
    done = IndexedPublication.objects.using(using).current(recipe()).filter(publication_id=OuterRef("pk"))
    return Publication.objects.using(using).filter(~Exists(done)).order_by("pk")


def rebuild(*, using: str = DEFAULT_DB_ALIAS, everything: bool = False) -> Iterator[int]:
    """Cut all publications that are behind, or ``everything``; yield how many after each batch.

    Each batch is a transaction of its own: what was done before an interruption need not be done again.
    """
    rows = Publication.objects.using(using).order_by("pk") if everything else behind(using=using)
    last = 0
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:_BATCH]):
        index_publications(keys, using=using)
        last = keys[-1]
        yield len(keys)


def _index(keys: Sequence[int], using: str) -> int:
    rows = Publication.objects.using(using).filter(pk__in=keys).order_by("pk").defer("html", "summary")
    # Whoever publishes meanwhile waits, so that the passages of the older state cannot come last.
    publications = list(rows.select_for_update(of=("self",), no_key=True))
    fields = _document_fields()
    wanted = [row for publication in publications for row in _rows(publication, fields)]
    stored = Passage.objects.using(using).filter(publication__in=[row.pk for row in publications])
    before = {(row.publication_id, row.position): row for row in stored}
    new, changed = [], []
    for row in wanted:
        old = before.pop((row.publication_id, row.position), None)
        if old is None:
            new.append(row)
        elif any(getattr(old, name) != getattr(row, name) for name in _COLUMNS):
            row.pk = old.pk
            changed.append(row)
    if before:
        Passage.objects.using(using).filter(pk__in=[row.pk for row in before.values()]).delete()
    if changed:
        Passage.objects.using(using).bulk_update(changed, _COLUMNS, batch_size=_BATCH)
    if new:
        Passage.objects.using(using).bulk_create(new, batch_size=_BATCH)
    _note(publications, wanted, using)
    return len(wanted)


def _note(publications: Sequence[Publication], passages: Sequence[Passage], using: str) -> None:
    counts: dict[int, int] = {}
    for row in passages:
        counts[row.publication_id] = counts.get(row.publication_id, 0) + 1
    IndexedPublication.objects.using(using).bulk_create(
        [
            IndexedPublication(
                publication_id=row.pk,
                revision=row.revision,
                published_at=row.published_at,
                recipe=recipe(),
                passage_count=counts.get(row.pk, 0),
            )
            for row in publications
        ],
        update_conflicts=True,
        unique_fields=["publication"],
        update_fields=["revision", "published_at", "recipe", "passage_count", "indexed_at"],
    )


def _rows(publication: Publication, fields: dict[str, list[str]]) -> Iterator[Passage]:
    config = search_config_for(publication.locale)
    for position, cut in enumerate(_cut(publication, fields.get(publication.type, []))):
        words = embedded_text(publication.title, cut.heading, cut.text)
        yield Passage(
            publication_id=publication.pk,
            version=publication.version,
            position=position,
            block=cut.block,
            anchor=cut.anchor,
            heading=list(cut.heading),
            text=cut.text,
            digest=hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest(),
            search_title=cut_text("\n".join([publication.title, *cut.heading])),
            search_text=cut_text(cut.text),
            search_config=config,
        )


def _cut(publication: Publication, fields: Sequence[str]) -> Iterator[Cut]:
    most = retrieval_settings.RETRIEVAL_PASSAGE_CHARACTERS
    documents: list[object] = [publication.content]
    if fields:
        published = json.loads("{" + publication.body)["fields"]
        documents += [published.get(name) for name in fields]
    for document in documents:
        yield from cut_document(Document(document), most=most)


def _document_fields() -> dict[str, list[str]]:
    """Return the names of the documents beside the content, by page type; private ones are not published."""
    return {
        name: [field.name for field in model.type_fields() if isinstance(field, BlocksField)]
        for name, model in page_types().items()
    }
