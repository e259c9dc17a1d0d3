"""Write the records of posts when they are published: a few statements, however many posts an import publishes at once."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ai_cms.blocks.documents.pictures import unfinish_blocks

from . import get_category_model
from .conf import posts_settings
from .reading_time import reading_minutes
from .records import PostRecord, PostTerm

if TYPE_CHECKING:
    from ai_cms.pages.models import Publication

__all__ = ["content_digest", "lists_of", "record_published", "refile_category"]

#: One id for each page and language, the same wherever the page is imported to.
_NAMESPACE = uuid.UUID("6b0f2b7e-6a0c-5d1c-9c39-1d6a1f3c8a52")
_BATCH = 500

Lists = dict[tuple[str, str], bool]


def record_published(published: Sequence[tuple[Any, Publication]]) -> None:
    """Bring the records of posts that were just published up to their publications."""
    using = published[0][1]._state.db
    records = PostRecord.objects.using(using).in_bulk([page.pk for page, _publication in published])
    fresh: list[PostRecord] = []
    changed: list[PostRecord] = []
    for page, publication in published:
        values = {
            "digest": content_digest(page, publication),
            "minutes": reading_minutes(publication.search_text, words_a_minute=posts_settings.READING_WORDS_A_MINUTE),
        }
        record = records.get(page.pk)
        if record is None:
            moment = publication.first_published_at
            fresh.append(
                PostRecord(
                    page_id=page.pk, uid=_uid(page, using), published_at=moment, updated_at=moment, **values
                )
            )
            continue
        if record.digest != values["digest"]:
            record.updated_at = max(publication.published_at, record.published_at)
        if (record.digest, record.minutes) != tuple(values.values()):
            record.digest, record.minutes = values["digest"], values["minutes"]
            changed.append(record)
    PostRecord.objects.using(using).bulk_create(fresh, batch_size=_BATCH)
    PostRecord.objects.using(using).bulk_update(changed, ["digest", "minutes", "updated_at"], batch_size=_BATCH)
    dates = {record.page_id: record.published_at for record in (*records.values(), *fresh)}
    _file({page.pk: lists_of(page) for page, _publication in published}, dates, using)


def _uid(page: Any, using: str) -> uuid.UUID:
    """Return the id of a post: of its translation key and language, unless another post has that."""
    made = uuid.uuid5(_NAMESPACE, f"{page.translation_key}:{page.locale}")
    taken = PostRecord.objects.using(using).filter(uid=made).exists()
    return uuid.uuid4() if taken else made


def content_digest(page: Any, publication: Publication) -> str:
    """Return a digest of what readers of a post get; pictures count by what they are, not by where they are fetched."""
    document = [_plain(block) for block in unfinish_blocks(publication.content)]
    parts = [page.title, page.get_excerpt(""), page.thumbnail_id, document]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block without its id, version and marks."""
    children = [_plain(child) for child in block.get("children") or ()]
    return {"type": block.get("type"), "props": block.get("props"), "children": children}


def lists_of(page: Any) -> Lists:
    """Return the lists that a post stands in: (kind, value) → whether it is one above the post's own."""
    facts = page.public_facts()
    found: Lists = {("category", str(row.pk)): True for row in facts.above}
    found |= {("category", str(row.pk)): False for row in facts.categories}
    found |= {("tag", str(row.pk)): False for row in facts.tags}
    found |= {("author", str(user.pk)): False for user in facts.authors()}
    if page.series:
        found["series", page.series] = False
    if page.sticky:
        found["sticky", "1"] = False
    return found


class _Categories:
    """The tree of categories, read when one is asked for."""

    def __init__(self, using: str) -> None:
        self.using = using
        self._parents: dict[Any, Any] | None = None

    def of(self, pk: Any) -> list[Any]:
        """Return the keys of the categories above one."""
        if self._parents is None:
            self._parents = dict(get_category_model()._base_manager.using(self.using).values_list("pk", "parent_id"))
        line: list[Any] = []
        pk = self._parents.get(pk)
        while pk is not None and pk not in line:
            line.append(pk)
            pk = self._parents.get(pk)
        return line


def _file(wanted: dict[int, Lists], dates: dict[int, Any], using: str, *kinds: str) -> None:
    """Make the rows of the lists that posts stand in what they should be; most stay. ``kinds``: look at these alone."""
    terms = PostTerm.objects.using(using)
    keys = list(wanted)
    present: dict[int, Lists] = {pk: {} for pk in keys}
    gone: list[int] = []
    for start in range(0, len(keys), _BATCH):
        rows = terms.filter(record_id__in=keys[start : start + _BATCH])
        rows = rows.filter(kind__in=kinds) if kinds else rows
        for term, pk, kind, value, inherited in rows.values_list("pk", "record_id", "kind", "value", "inherited"):
            if wanted[pk].get((kind, value)) is inherited:
                present[pk][kind, value] = inherited
            else:
                gone.append(term)
    if gone:
        terms.filter(pk__in=gone).delete()
    terms.bulk_create(
        [
            PostTerm(record_id=pk, kind=kind, value=value, inherited=inherited, published_at=dates[pk])
            for pk in keys
            for (kind, value), inherited in sorted(wanted[pk].items())
            if (kind, value) not in present[pk]
        ],
        batch_size=2_000,
    )


def refile_category(pk: Any, *, using: str) -> None:
    """File the posts of a category and of those below it anew: it has moved in the tree."""
    rows = PostTerm.objects.using(using).filter(kind="category")
    dates = dict(rows.filter(value=str(pk)).values_list("record_id", "published_at"))
    above = _Categories(using)
    to_key = get_category_model()._meta.pk.to_python
    wanted: dict[int, Lists] = {record: {} for record in dates}
    keys = list(dates)
    for start in range(0, len(keys), _BATCH):
        direct = rows.filter(record_id__in=keys[start : start + _BATCH], inherited=False)
        for record, value in direct.values_list("record_id", "value"):
            wanted[record]["category", value] = False
            for upper in above.of(to_key(value)):
                wanted[record].setdefault(("category", str(upper)), True)
    _file(wanted, dates, using, "category")
