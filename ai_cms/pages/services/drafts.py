"""Write drafts: fields and documents, each write one version, stale ones refused and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.documents.provenance import Source
from ai_cms.blocks.exceptions import InvalidOperation
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.signals import page_updated

from ...core.jsontypes import JsonMapping, JsonObject
from .. import tree
from ..elements import sync_elements, sync_page_picture
from ..exceptions import PageNotFound, PageStale
from ..models import AbstractPage, Revision, RevisionKind
from ..provenance import written_by
from ..rebase import stale_targets
from ..revisions import document_at, record_conflict, record_revision
from ..snapshots import apply_snapshot, assign_fields, take_snapshot
from ..untrusted import of_agent
from .locks import locked_page
from .paths import rename
from .salvage import salvaged

__all__ = ["DraftEdit", "apply_page_operations", "restore_revision", "save_draft", "update_page"]


@dataclass
class DraftEdit:
    """What a batch of operations did: the page, the operations with ids filled in, and their inverse."""

    page: AbstractPage
    operations: list[JsonObject]
    inverse: list[JsonObject] = field(default_factory=list)
    rebased: bool = False


def save_draft(
    page: AbstractPage,
    *,
    actor: Actor,
    kind: str,
    names: set[str],
    before: Document | None = None,
    message: str = "",
    agent: str = "",
) -> Revision:
    """Give the locked page's new draft a version, a revision and its element rows.

    ``names``: the changed fields; ``before``: the document as it was, when it changed.
    """
    page.version += 1
    revision, _created = record_revision(page, actor=actor, kind=kind, message=message, agent=agent, before=before)
    page.save(
        update_fields={
            *names,
            "version",
            "latest_revision",
            "updated_at",
            *({"content_json"} if before is not None else ()),
        }
    )
    if before is not None:
        sync_elements(page, before, page.content_json)
    if "metadata" in names:
        sync_page_picture(page)
    page_updated.send(sender=type(page), instance=page, actor=actor, revision=revision)
    return revision


def update_page(
    page: AbstractPage,
    *,
    actor: ActorLike,
    fields: FieldValues | None = None,
    content: object = None,
    slug: str | None = None,
    expected_version: int | None = None,
    kind: str = RevisionKind.MANUAL,
    message: str = "",
    source: Source = "human",
    allow_unknown: bool = False,
) -> AbstractPage:
    """Change a page's draft: fields, the whole document, the slug.

    ``fields``: values by name (title, metadata, … and those of the page type). ``content``: a whole document; ``None`` leaves
    it. ``expected_version``: refuse with PageStale if the page has another version; what was wanted is kept as a revision.
    ``kind``: "manual" or "autosave". ``source``: provenance of what this changes.
    Returns the fresh page. Raises InvalidInput, InvalidDocument, PageStale, SlugTaken and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "change", page)
    if kind not in (RevisionKind.MANUAL, RevisionKind.AUTOSAVE, RevisionKind.IMPORT):
        raise InvalidInput(errors={"kind": ["Choose manual or autosave."]})
    refused: PageStale | None = None
    with _locked_for(page, slug) as (fresh, lock):
        snapshot_before = take_snapshot(fresh)
        before: Document = fresh.content_json
        after = before
        fields = of_agent(who, fields or {}, before)
        names = assign_fields(fresh, fields, actor=who, provenance=written_by(who, source))
        stale = expected_version is not None and expected_version != fresh.version
        if content is not None:
            # What was written for an older version is judged by that one: locks made since are no mistake of the writer's.
            base = document_at(fresh.pk, expected_version) if stale and expected_version is not None else None
            after = prepare_document(
                of_agent(who, content, before),
                previous=before if base is None else base,
                allowed=fresh.allowed_blocks,
                provenance=written_by(who, source),
                actor=who,
                allow_unknown=allow_unknown,
                allow_locked=stale and base is None,
            )
        if stale and expected_version is not None:
            wanted = take_snapshot(fresh)
            apply_snapshot(fresh, snapshot_before)
            kept = record_conflict(fresh, actor=who, base_version=expected_version, snapshot=wanted, content=after)
            refused = PageStale(current_version=fresh.version, conflict_revision=kept.number)
        else:
            renamed = slug is not None and lock is not None and rename(lock, fresh, slug, actor=who)
            changed = after is not before and after != before
            if changed:
                fresh.content_json = after
            if names or changed or renamed:
                save_draft(
                    fresh, actor=who, kind=kind, names=names, before=before if changed else None, message=message
                )
    if refused is not None:
        raise refused
    return fresh


@contextmanager
def _locked_for(page: AbstractPage, slug: str | None) -> Iterator[tuple[AbstractPage, tree.LockedTrees | None]]:
    """Lock the page, and its tree before it when the slug is to change."""
    if slug is None or slug == page.slug:
        with locked_page(page.pk) as fresh:
            yield fresh, None
        return
    with tree.locked_trees(type(page), page.pk) as lock, locked_page(page.pk) as fresh:
        yield fresh, lock


def apply_page_operations(
    page: AbstractPage,
    operations: Sequence[object],
    *,
    actor: ActorLike,
    base_version: int | None = None,
    kind: str = RevisionKind.MANUAL,
    message: str = "",
    provenance: JsonMapping | None = None,
    agent: str = "",
    strict_version: bool = False,
) -> DraftEdit:
    """Apply a batch of operations to a page's document, all or nothing.

    With ``base_version`` older than the page's, the batch is applied all the same if nothing that it touches has changed
    since and the present document takes it; else (and always with ``strict_version``) PageStale is raised, and the document
    the caller wanted is kept as a revision. Raises InvalidOperation for what fits no version and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "change", page)
    parsed = parse_operations(of_agent(who, operations, page.content_json))
    refused: PageStale | None = None
    wanted: Document | None = None
    with locked_page(page.pk) as fresh:
        before: Document = fresh.content_json
        stale = base_version is not None and base_version != fresh.version
        options: dict[str, Any] = {
            "provenance": dict(provenance) if provenance is not None else written_by(who, "human"),
            "allowed": fresh.allowed_blocks,
            "actor": who,
        }
        if stale and base_version is not None:
            if base_version > fresh.version and not strict_version:
                raise InvalidInput(errors={"base_version": ["The page has not reached this version yet."]})
            base = document_at(fresh.pk, base_version)
            # What does not even fit the version it was made for is the caller's mistake, not a conflict.
            wanted = None if base is None else apply_operations(base, parsed, **options).document
            if strict_version or base is None or stale_targets(parsed, base, before):
                refused = _keep_refused(fresh, parsed, wanted, base_version, who, options)
        if refused is None:
            try:
                applied = apply_operations(before, parsed, **options)
            except InvalidOperation:
                if not stale or base_version is None:
                    raise
                refused = _keep_refused(fresh, parsed, wanted, base_version, who, options)
            else:
                result = DraftEdit(
                    page=fresh,
                    operations=[operation.to_json() for operation in applied.operations],
                    inverse=[operation.to_json() for operation in applied.inverse],
                    rebased=stale,
                )
                if applied.document != before:
                    fresh.content_json = applied.document
                    save_draft(fresh, actor=who, kind=kind, names=set(), before=before, message=message, agent=agent)
    if refused is not None:
        raise refused
    return result


def _keep_refused(
    page: AbstractPage,
    operations: Sequence[object],
    wanted: Document | None,
    base_version: int,
    actor: Actor,
    options: Mapping[str, object],
) -> PageStale:
    """Keep the document that refused operations make of the version they were made for.

    Of a version that was pruned (``wanted`` is ``None``) what they say is put into the present document.
    """
    if wanted is None:
        wanted = salvaged(page, operations, options)
    kept = record_conflict(page, actor=actor, base_version=base_version, snapshot=take_snapshot(page), content=wanted)
    return PageStale(current_version=page.version, conflict_revision=kept.number)


def restore_revision(
    page: AbstractPage, number: int, *, actor: ActorLike, expected_version: int | None = None
) -> AbstractPage:
    """Make the draft what revision ``number`` was; the present draft stays in the history.

    Raises PageNotFound for an unknown number, PageStale.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "change", page)
    with locked_page(page.pk, expected_version=expected_version) as fresh:
        revision = Revision.objects.filter(page_id=fresh.pk, number=number).first()
        if revision is None:
            raise PageNotFound
        before: Document = fresh.content_json
        names = apply_snapshot(fresh, revision.snapshot)
        fresh.content_json = revision.content_json
        save_draft(fresh, actor=who, kind=RevisionKind.RESTORE, names=names, before=before, message=f"#{number}")
    return fresh
