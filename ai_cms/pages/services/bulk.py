"""Create many pages at once: nodes computed in memory, a few INSERTs a level, one shift of the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.sql import InsertQuery
from django.utils import timezone

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.documents.provenance import Source
from ai_cms.core.bulk import insert_rows
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.core.slugs import make_slug

from .. import get_page_model, tree
from ..addresses import avoid_routes
from ..elements import element_rows
from ..models import Element, Publication, PublicationFacet, Revision, RevisionKind
from ..provenance import written_by
from ..relations import save_related
from ..snapshots import assign_fields, take_snapshot
from .page_types import check_place, resolve_page_type
from .publishing import facet_rows, publication_values, refuse_errors
from .structure import touch_site

if TYPE_CHECKING:
    from ..models import AbstractPage
    from ..tree import LockedTrees

__all__ = ["PageSpec", "bulk_create_pages"]

BATCH = 500


@dataclass
class PageSpec:
    """One page to be made: its values, its children, and afterwards the page."""

    title: str
    slug: str = ""
    content: Any = None
    fields: dict[str, Any] = field(default_factory=dict)
    page_type: str | type[AbstractPage] | None = None
    publish: bool = False
    owner: Any = None
    created_at: datetime | None = None
    children: list[PageSpec] = field(default_factory=list)
    page: Any = None

    def walk(self) -> Iterator[PageSpec]:
        """Yield this spec and those below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


def bulk_create_pages(
    specs: Iterable[PageSpec],
    *,
    actor: Actor | Any,
    parent: AbstractPage,
    source: Source = "import",
    kind: str = RevisionKind.IMPORT,
    allow_unknown: bool = False,
) -> list[AbstractPage]:
    """Create the pages of ``specs`` and their children below ``parent``, all or nothing; returns them depth first.

    A slug that is taken, by a page or a route of the host, gets a number. No ``page_created`` signals are sent. Raises
    InvalidInput, InvalidDocument, PageTypeRefused, PathTakenByRoute, PublishRefused and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(parent).require(who, "add", parent)
    roots = list(specs)
    if any(spec.publish for root in roots for spec in root.walk()):
        policy_for(parent).require(who, "publish", parent)
    marks = written_by(who, source)
    for root in roots:
        _make_pages(root, type(parent), parent.locale, who, marks, allow_unknown)
    with tree.locked_trees(type(parent), parent.pk) as lock:
        node = lock.node(parent.pk)
        taken = set(lock.rows.filter(parent_id=parent.pk, deleted_at=None).values_list("slug", flat=True))
        width = _place(roots, node, taken)
        if width:
            tree.make_room(lock, node, width)
        levels: list[list[PageSpec]] = []
        current = roots
        while current:
            levels.append(current)
            current = [child for spec in current for child in spec.children]
        for spec in roots:
            spec.page.parent_id = parent.pk
        for level in levels:
            insert_level(lock, [spec.page for spec in level])
            for spec in level:
                for child in spec.children:
                    child.page.parent_id = spec.page.pk
        everything = [spec for root in roots for spec in root.walk()]
        _insert_rows(everything, who, kind)
        touch_site(node.site_id)
    return [spec.page for spec in everything]


def _make_pages(
    spec: PageSpec,
    parent_type: type[AbstractPage],
    locale: str,
    actor: Actor,
    marks: dict[str, Any],
    allow_unknown: bool,
) -> None:
    model = resolve_page_type(spec.page_type)
    check_place(model, parent_type)
    page = model(owner=spec.owner if spec.owner is not None else actor.account, locale=locale)
    assign_fields(page, {"title": spec.title, **spec.fields}, partial=False, actor=actor, provenance=marks)
    page.content_json = prepare_document(
        spec.content if spec.content is not None else [],
        previous=None,
        allowed=model.allowed_blocks,
        provenance=marks,
        actor=actor,
        allow_unknown=allow_unknown,
    )
    page.slug = make_slug(spec.slug or page.title)
    page.latest_revision = 1
    if spec.publish:
        refuse_errors(page)
        page.published_version = page.version
    spec.page = page
    for child in spec.children:
        _make_pages(child, model, page.locale, actor, marks, allow_unknown)


def _place(roots: list[PageSpec], parent: Any, taken: set[str]) -> int:
    """Set tree columns and paths of all pages as last children of ``parent``; returns how many edges they need."""
    position = parent.rght

    def place(specs: list[PageSpec], path: str, level: int, slugs: set[str]) -> None:
        nonlocal position
        for spec in specs:
            page = spec.page
            base, number = page.slug, 1
            is_taken = avoid_routes(path, slugs)
            while is_taken(page.slug):
                number += 1
                page.slug = f"{base[: 99 - len(str(number))]}-{number}"
            slugs.add(page.slug)
            page.path = tree.child_path(path, page.slug)
            page.tree_id, page.level, page.site_id = parent.tree_id, level, parent.site_id
            page.lft = position
            position += 1
            place(spec.children, page.path, level + 1, set())
            page.rght = position
            position += 1

    place(roots, parent.path, parent.level + 1, taken)
    width: int = position - parent.rght
    return width


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
        for page in members:
            save_related(page)


def _own_tables(page_type: type[AbstractPage], base: type[models.Model]) -> list[Any]:
    """Return the models with a table of their own between the base page and a subtype, the nearest to the base first."""
    return [
        found
        for found in reversed(page_type.__mro__)
        if issubclass(found, base) and found is not base and not found._meta.abstract and not found._meta.proxy
    ]


def _insert_rows(specs: list[PageSpec], actor: Actor, kind: str) -> None:
    """Write revisions, elements, publications and facets of freshly made pages."""
    now = timezone.now()
    revisions: list[Revision] = []
    elements: list[Element] = []
    publications: list[Publication] = []
    published: list[Any] = []
    dated: dict[datetime, list[int]] = {}
    for spec in specs:
        page = spec.page
        snapshot = take_snapshot(page)
        title = snapshot.pop("title")
        revisions.append(
            Revision(
                page_id=page.pk,
                number=1,
                kind=kind,
                version=page.version,
                author=actor.account,
                agent=actor.label,
                created_at=now,
                title=title,
                content_json=page.content_json,
                fields=snapshot,
            )
        )
        document: Document = page.content_json
        elements.extend(Element(page_id=page.pk, **row) for row in element_rows(document))
        if spec.publish:
            values = publication_values(page, version=page.version, revision=1, now=now, first=None)
            publications.append(Publication(page_id=page.pk, published_by=actor.account, **values))
            published.append(page)
        if spec.created_at is not None:
            dated.setdefault(spec.created_at, []).append(page.pk)
    insert_rows(Revision, revisions, batch_size=BATCH, keys=False)
    insert_rows(Element, elements, batch_size=2000, keys=False)
    insert_rows(Publication, publications, batch_size=BATCH)
    facets = [row for page, made in zip(published, publications, strict=True) for row in facet_rows(page, made)]
    insert_rows(PublicationFacet, facets, batch_size=2000, keys=False)
    base = get_page_model()
    for moment, pks in dated.items():
        base.all_objects.non_polymorphic().order_by().filter(pk__in=pks).update(created_at=moment)
