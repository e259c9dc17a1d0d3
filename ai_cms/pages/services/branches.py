"""Insert whole branches of new pages: places computed in memory, a few INSERTs a level, one shift of the tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.contrib.contenttypes.models import ContentType
from django.db import models, router
from django.db.models.sql import InsertQuery
from django.utils import timezone

from ai_cms.core.bulk import insert_rows
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor
from ai_cms.core.signals import publications_written

from .. import get_page_model, tree
from ..addresses import avoid_routes, first_free
from ..edges import Numbers
from ..elements import element_rows, reference_rows
from ..models import AbstractPage, Element, ElementReference, Publication, PublicationFacet, Revision
from ..relations import remembered, save_new_related
from ..revisions import new_revision
from ..tree import LockedTrees, Node
from .publications import facet_rows, publication_values

__all__ = ["PageSpec", "insert_branches", "insert_level"]

BATCH = 500


@dataclass
class PageSpec:
    """One page to be made: its values, its children, and afterwards the page."""

    title: str
    slug: str = ""
    content: Any = None
    fields: Columns = field(default_factory=dict)
    page_type: str | type[AbstractPage] | None = None
    publish: bool = False
    owner: Any = None
    created_at: datetime | None = None
    expire_at: datetime | None = None
    children: list[PageSpec] = field(default_factory=list)
    message: str = ""
    page: Any = None

    def walk(self) -> Iterator[PageSpec]:
        """Yield this spec and those below it, parents first."""
        todo = [self]
        while todo:
            spec = todo.pop()
            yield spec
            todo.extend(reversed(spec.children))


def insert_branches(
    lock: LockedTrees,
    parent: Node,
    roots: Sequence[PageSpec],
    *,
    actor: Actor,
    kind: str,
    position: Literal["first-child", "last-child"] = "last-child",
) -> list[PageSpec]:
    """Insert the unsaved pages of ``roots`` below the locked ``parent``; returns all specs, depth first.

    Each page has its slug already; where that is taken, by a page or a route of the host, it gets a number. Revisions,
    elements and publications are written as well. Raises PathTooLong, PathTakenByRoute.
    """
    everything = [spec for root in roots for spec in root.walk()]
    taken = set(lock.rows.filter(parent_id=parent.pk, deleted_at=None).values_list("slug", flat=True))
    # A page without children is one item, each other two.
    items = sum(2 if spec.children else 1 for spec in everything)
    room, parent = tree.make_room(lock, parent, position, items)
    _place(roots, parent, Numbers(room), taken)
    for spec in roots:
        spec.page.parent_id = parent.pk
    with remembered([spec.page for spec in everything]):
        level = list(roots)
        while level:
            insert_level(lock, [spec.page for spec in level])
            for spec in level:
                for child in spec.children:
                    child.page.parent_id = spec.page.pk
            level = [child for spec in level for child in spec.children]
        _insert_records(everything, actor, kind)
    return everything


def _place(roots: Sequence[PageSpec], parent: Node, numbers: Numbers, taken: set[str]) -> None:
    """Set tree columns and paths of all pages."""
    slugs: dict[str, set[str]] = {parent.path: taken}
    # An explicit stack: a branch may be deeper than Python's recursion limit.
    stack: list[tuple[PageSpec, str, int, bool]] = [
        (spec, parent.path, parent.level + 1, False) for spec in reversed(roots)
    ]
    while stack:
        spec, base, level, leaving = stack.pop()
        page = spec.page
        if leaving:
            page.rght = numbers.close(page.lft)
            continue
        siblings = slugs.setdefault(base, set())
        page.slug = first_free(page.slug, avoid_routes(base, siblings))
        siblings.add(page.slug)
        page.path = tree.child_path(base, page.slug)
        page.tree_id, page.level, page.site_id = parent.tree_id, level, parent.site_id
        page.lft = numbers.open()
        stack.append((spec, base, level, True))
        stack.extend((child, page.path, level + 1, False) for child in reversed(spec.children))


def insert_level(lock: LockedTrees, pages: list[AbstractPage]) -> None:
    """Insert pages whose parents are in the database: the base rows at once, then each subtype's own rows.

    ``bulk_create`` refuses subtypes; their base rows are made as base pages that carry the subtype's content type.
    """
    base = get_page_model()
    columns = [f for f in base._meta.local_concrete_fields if not f.primary_key]
    rows = []
    for page in pages:
        content_type = ContentType.objects.get_for_model(type(page), for_concrete_model=False)
        page.polymorphic_ctype_id = content_type.pk
        row = base(**{column.attname: getattr(page, column.attname) for column in columns})
        rows.append(row)
    insert_rows(base, rows, using=lock.using, batch_size=BATCH)
    by_type: dict[type[AbstractPage], list[AbstractPage]] = {}
    for page, row in zip(pages, rows, strict=True):
        page.pk = page.id = row.pk
        page.created_at, page.updated_at = row.created_at, row.updated_at
        page._state.adding, page._state.db = False, lock.using
        if type(page) is not base:
            by_type.setdefault(type(page), []).append(page)
    for page_type, members in by_type.items():
        for model in _own_tables(page_type, base):
            link = model._meta.get_ancestor_link(base)
            for page in members:
                setattr(page, link.attname, page.pk)
            fields = model._meta.local_concrete_fields
            for start in range(0, len(members), BATCH):
                query = InsertQuery(model)
                query.insert_values(fields, list[models.Model](members[start : start + BATCH]))
                query.get_compiler(using=lock.using).execute_sql()
        save_new_related(members)


def _own_tables(page_type: type[AbstractPage], base: type[models.Model]) -> list[Any]:
    """Return the models with a table of their own between the base page and a subtype, the nearest to the base first."""
    return [
        found
        for found in reversed(page_type.__mro__)
        if issubclass(found, base) and found is not base and not found._meta.abstract and not found._meta.proxy
    ]


def _insert_records(specs: Sequence[PageSpec], actor: Actor, kind: str) -> None:
    """Write revisions, elements, publications and facets of freshly made pages."""
    by_type: dict[type[AbstractPage], list[AbstractPage]] = {}
    for spec in specs:
        if spec.publish:
            by_type.setdefault(type(spec.page), []).append(spec.page)
    with ExitStack() as loaded:
        for page_type, pages in by_type.items():
            loaded.enter_context(page_type.loaded_for_public(pages))
        _insert_rows(specs, actor, kind)


def _insert_rows(specs: Sequence[PageSpec], actor: Actor, kind: str) -> None:
    now = timezone.now()
    revisions: list[Revision] = []
    elements: list[Element] = []
    references: list[ElementReference] = []
    publications: list[Publication] = []
    published: list[Any] = []
    dated: dict[datetime, list[int]] = {}
    for spec in specs:
        page = spec.page
        revisions.append(new_revision(page, number=1, kind=kind, actor=actor, message=spec.message, now=now))
        elements.extend(Element(page_id=page.pk, **row) for row in element_rows(page.content_json))
        references.extend(reference_rows(page))
        if spec.publish:
            values = publication_values(page, version=page.version, revision=1, now=now, first=None)
            publications.append(Publication(page_id=page.pk, published_by=actor.account, **values))
            published.append(page)
        if spec.created_at is not None:
            dated.setdefault(spec.created_at, []).append(page.pk)
    insert_rows(Revision, revisions, batch_size=BATCH, keys=False)
    insert_rows(Element, elements, batch_size=2000, keys=False)
    if references:
        insert_rows(ElementReference, references, batch_size=2000, keys=False)
    insert_rows(Publication, publications, batch_size=BATCH)
    facets = [row for page, made in zip(published, publications, strict=True) for row in facet_rows(page, made)]
    insert_rows(PublicationFacet, facets, batch_size=2000, keys=False)
    written: dict[type[AbstractPage], list[tuple[AbstractPage, Publication]]] = {}
    for page, made in zip(published, publications, strict=True):
        written.setdefault(type(page), []).append((page, made))
    for page_type, members in written.items():
        page_type.after_publishing(members)
    if publications:
        publications_written.send(
            sender=Publication, keys=[row.pk for row in publications], using=router.db_for_write(Publication)
        )
    base = get_page_model()
    for moment, pks in dated.items():
        base.all_objects.non_polymorphic().order_by().filter(pk__in=pks).update(created_at=moment)
