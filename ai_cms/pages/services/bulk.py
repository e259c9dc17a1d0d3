"""Create many pages at once."""

from __future__ import annotations

from collections.abc import Iterable

from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.documents.provenance import Source
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.slugs import make_slug

from ...core.jsontypes import JsonObject
from .. import tree
from ..models import AbstractPage, RevisionKind
from ..provenance import written_by
from ..relations import asked_once
from ..snapshots import assign_fields
from .branches import PageSpec, insert_branches
from .locks import touch_site
from .page_types import check_place, resolve_page_type
from .publications import refuse_errors
from .rights import require_new

__all__ = ["bulk_create_pages"]


def bulk_create_pages(
    specs: Iterable[PageSpec],
    *,
    actor: ActorLike,
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
    roots = list(specs)
    if not roots:
        policy_for(parent).require(who, "add", parent)
    wanted = {(spec.page_type or "", spec.publish) for root in roots for spec in root.walk()}
    for page_type, publish in wanted:
        require_new(who, resolve_page_type(page_type), parent, publish=publish)
    marks = written_by(who, source)
    with asked_once():
        for root in roots:
            _make_pages(root, type(parent), parent.locale, who, marks, allow_unknown)
    with tree.locked_trees(type(parent), parent.pk) as lock:
        node = lock.node(parent.pk)
        made = insert_branches(lock, node, roots, actor=who, kind=kind)
        touch_site(node.site_id)
    return [spec.page for spec in made]


def _make_pages(
    spec: PageSpec,
    parent_type: type[AbstractPage],
    locale: str,
    actor: Actor,
    marks: JsonObject,
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
    page.expire_at = spec.expire_at
    if spec.publish:
        refuse_errors(page)
        page.published_version = page.version
    spec.page = page
    for child in spec.children:
        _make_pages(child, model, page.locale, actor, marks, allow_unknown)
