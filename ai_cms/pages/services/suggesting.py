"""Turn what would have been a write into a proposal, for programs that may only propose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.blocks.documents.diff import diff_documents
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import parse_operations
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ..exceptions import PageNotFound, PageStale
from ..models import AbstractPage, Proposal, Revision
from ..provenance import written_by
from ..rebase import stale_targets
from ..revisions import document_at
from ..snapshots import PAGE_FIELDS, take_snapshot
from ..untrusted import of_agent
from .proposals import create_proposal

__all__ = ["suggest_operations", "suggest_restore", "suggest_update"]


def suggest_update(
    page: AbstractPage,
    *,
    actor: ActorLike,
    fields: FieldValues | None = None,
    content: object = None,
    expected_version: int | None = None,
    title: str = "",
) -> Proposal:
    """Suggest that a page's draft have these fields and this document; arguments as of ``update_page``.

    Raises InvalidInput if that is what it has, PageStale for another version than ``expected_version``, InvalidDocument and what
    permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "propose", page)
    _expect(page, expected_version)
    operations: list[Any] = []
    if content is not None:
        before: Document = page.content_json
        after = prepare_document(
            of_agent(who, content, before),
            previous=before,
            allowed=page.allowed_blocks,
            provenance=written_by(who),
            actor=who,
        )
        operations = [operation.to_json() for operation in diff_documents(before, after)]
    present = take_snapshot(page)
    changed = {name: value for name, value in (fields or {}).items() if present.get(name) != value}
    if not operations and not changed:
        raise InvalidInput(_("This is what the page has already; there is nothing to propose."), code="no_change")
    return create_proposal(page, operations, actor=who, fields=changed or None, title=title)


def suggest_operations(
    page: AbstractPage,
    operations: Sequence[object],
    *,
    actor: ActorLike,
    fields: FieldValues | None = None,
    base_version: int | None = None,
    strict_version: bool = False,
    title: str = "",
) -> Proposal:
    """Suggest operations that were made for ``base_version`` of a page, and new values of fields with them.

    Raises PageStale if what they touch has changed since, with ``strict_version`` if anything has; InvalidInput for a version
    that the page has not reached, and what ``create_proposal`` raises.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "propose", page)
    if base_version is not None and base_version != page.version:
        if strict_version:
            raise PageStale(current_version=page.version)
        if base_version > page.version:
            raise InvalidInput(errors={"base_version": [_("The page has not reached this version yet.")]})
        base = document_at(page.pk, base_version)
        if base is None or stale_targets(parse_operations(operations), base, page.content_json):
            raise PageStale(current_version=page.version)
    return create_proposal(page, operations, actor=who, fields=fields or None, title=title)


def suggest_restore(
    page: AbstractPage, number: int, *, actor: ActorLike, expected_version: int | None = None
) -> Proposal:
    """Suggest that a page's draft be what revision ``number`` was. Raises PageNotFound for an unknown number."""
    who = Actor.of(actor)
    policy_for(page).require(who, "propose", page)
    revision = Revision.objects.filter(page_id=page.pk, number=number).first()
    if revision is None:
        raise PageNotFound
    known = {*PAGE_FIELDS, *(field.name for field in page.type_fields())}
    return suggest_update(
        page,
        actor=who,
        fields={name: value for name, value in revision.snapshot.items() if name in known},
        content=revision.content_json.to_json(),
        expected_version=expected_version,
        title=_("Restore revision %(number)d") % {"number": number},
    )


def _expect(page: AbstractPage, version: int | None) -> None:
    if version is not None and version != page.version:
        raise PageStale(current_version=page.version)
