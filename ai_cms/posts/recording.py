"""Write the records of posts when they are published: a few statements, however many posts an import publishes at once."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ai_cms.blocks.documents.pictures import unfinish_blocks
from ai_cms.core.jsontypes import JsonObject

from .conf import posts_settings
from .reading_time import reading_minutes
from .records import PostRecord, PostTerm

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage, Publication

__all__ = ["content_digest", "lists_of", "record_published"]

#: One id for each page and language, the same wherever the page is imported to.
_NAMESPACE = uuid.UUID("6b0f2b7e-6a0c-5d1c-9c39-1d6a1f3c8a52")
_BATCH = 500

Lists = set[tuple[str, str]]


def record_published(published: Sequence[tuple[AbstractPage, Publication]]) -> None:
    """Bring the records of posts that were just published up to their publications."""
    using = published[0][0]._state.db
    records = PostRecord.objects.using(using).in_bulk([page.pk for page, _publication in published])
    uids = _uids([page for page, _publication in published if page.pk not in records], using)
    fresh: list[PostRecord] = []
    changed: list[PostRecord] = []
    for page, publication in published:
        digest = content_digest(page, publication)
        minutes = reading_minutes(publication.search_text, words_a_minute=posts_settings.READING_WORDS_A_MINUTE)
        record = records.get(page.pk)
        if record is None:
            moment = publication.first_published_at
            made = PostRecord(page_id=page.pk, uid=uids[page.pk], published_at=moment, updated_at=moment)
            made.digest, made.minutes = digest, minutes
            fresh.append(made)
            continue
        if record.digest != digest:
            record.updated_at = max(publication.published_at, record.published_at)
        if (record.digest, record.minutes) != (digest, minutes):
            record.digest, record.minutes = digest, minutes
            changed.append(record)
    PostRecord.objects.using(using).bulk_create(fresh, batch_size=_BATCH)
    PostRecord.objects.using(using).bulk_update(changed, ["digest", "minutes", "updated_at"], batch_size=_BATCH)
    dates = {record.page_id: record.published_at for record in (*records.values(), *fresh)}
    _file({page.pk: lists_of(page) for page, _publication in published}, dates, using)


def _uids(pages: Sequence[AbstractPage], using: str | None) -> dict[int, uuid.UUID]:
    """Return the ids of posts by page: of its translation key and language, unless another post has that."""
    made = {page.pk: uuid.uuid5(_NAMESPACE, f"{page.translation_key}:{page.locale}") for page in pages}
    wanted = list(made.values())
    taken: set[uuid.UUID] = set()
    for start in range(0, len(wanted), _BATCH):
        rows = PostRecord.objects.using(using).filter(uid__in=wanted[start : start + _BATCH])
        taken.update(rows.values_list("uid", flat=True))
    found = {}
    for pk, uid in made.items():
        found[pk] = uuid.uuid4() if uid in taken else uid
        taken.add(uid)
    return found


def content_digest(page: AbstractPage, publication: Publication) -> str:
    """Return a digest of what readers of a post get; pictures count by what they are, not by where they are fetched."""
    document = [_plain(block) for block in unfinish_blocks(publication.content)]
    parts = [page.title, page.get_excerpt(""), page.thumbnail_id, document]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(block: JsonObject) -> JsonObject:
    """Return a block without its id, version and marks."""
    children = [_plain(child) for child in block.get("children") or ()]
    return {"type": block.get("type"), "props": block.get("props"), "children": children}


def lists_of(page: AbstractPage) -> Lists:
    """Return the lists that a post stands in, as (kind, value); in categories those above its own too."""
    facts = page.public_facts()
    found = {("category", str(row.pk)) for row in (*facts.categories, *facts.above)}
    found |= {("tag", str(row.pk)) for row in facts.tags}
    found |= {("author", str(user.pk)) for user in facts.authors()}
    if page.series:
        found.add(("series", page.series))
    if page.sticky:
        found.add(("sticky", "1"))
    return found


def _file(wanted: dict[int, Lists], dates: dict[int, Any], using: str | None) -> None:
    """Make the rows of the lists that posts stand in what they should be; most stay."""
    terms = PostTerm.objects.using(using)
    keys = list(wanted)
    present: dict[int, Lists] = {pk: set() for pk in keys}
    gone: list[int] = []
    for start in range(0, len(keys), _BATCH):
        rows = terms.filter(record_id__in=keys[start : start + _BATCH])
        for term, pk, kind, value in rows.values_list("pk", "record_id", "kind", "value"):
            if (kind, value) in wanted[pk]:
                present[pk].add((kind, value))
            else:
                gone.append(term)
    if gone:
        terms.filter(pk__in=gone).delete()
    terms.bulk_create(
        [
            PostTerm(record_id=pk, kind=kind, value=value, published_at=dates[pk])
            for pk in keys
            for kind, value in sorted(wanted[pk] - present[pk])
        ],
        batch_size=2_000,
    )
