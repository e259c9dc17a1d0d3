"""Change the tree: create, move and order pages. Paths, publications and redirects follow set-based."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.documents.provenance import Source
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.core.signals import page_created, page_moved, page_published, pages_reordered

from .. import get_page_model, tree
from ..elements import page_references, sync_elements, sync_page_picture
from ..exceptions import InvalidMove
from ..models import AbstractPage, RevisionKind
from ..provenance import written_by
from ..revisions import record_revision
from ..snapshots import assign_fields
from ..tree import Position
from ..untrusted import of_agent
from .locks import expect_version_of, touch_site
from .page_types import check_place, resolve_page_type
from .paths import carry_publications, free_slug
from .publications import write_publication
from .rights import Asked, asking_anew, require_each, require_new, require_publish_of_live, require_size

__all__ = ["create_page", "move_page", "reorder_pages"]


def create_page(
    *,
    actor: ActorLike,
    parent: AbstractPage,
    title: str,
    slug: str = "",
    page_type: str | type[AbstractPage] | None = None,
    content: object = None,
    fields: FieldValues | None = None,
    template: Any = None,
    position: Position = "last-child",
    owner: Any = None,
    publish: bool = False,
    kind: str = RevisionKind.MANUAL,
    source: Source = "human",
    allow_unknown: bool = False,
    message: str = "",
) -> AbstractPage:
    """Create a page below ``parent``, as a draft or published at once.

    ``slug``: empty to make one of the title. ``content``: a document; with ``template`` the template's layout stands in for
    it. ``fields``: more fields by name. ``owner``: default the actor. Returns the page.
    Raises InvalidInput, InvalidDocument, PageTypeRefused, SlugTaken, PathTakenByRoute, PublishRefused, PathTooLong and what
    permissions raise.
    """
    who = Actor.of(actor)
    model = resolve_page_type(page_type)
    require_new(who, model, parent, publish=publish)
    check_place(model, type(parent))
    page = model(owner=owner if owner is not None else who.account, template=template, locale=parent.locale)
    marks = written_by(who, source)
    assign_fields(page, {"title": title, **(fields or {})}, partial=False, actor=who, provenance=marks)
    page.content_json = prepare_document(
        of_agent(who, content if content is not None else [], None),
        previous=None,
        allowed=model.allowed_blocks,
        provenance=marks,
        actor=who,
        allow_unknown=allow_unknown,
    )
    with tree.locked_trees(model, parent.pk) as lock:
        target = lock.node(parent.pk)
        page.slug = free_slug(lock, parent.pk, target.path, slug or page.title, exact=bool(slug))
        # The row says at once what the rest of this transaction makes true; it is not written again.
        page.latest_revision = 1
        page.published_version = page.version if publish else None
        tree.insert(lock, page, target, position)
        shown_kind = RevisionKind.PUBLISH if publish and kind == RevisionKind.MANUAL else kind
        record_revision(page, actor=who, kind=shown_kind, message=message, number=1)
        if page.content_json.blocks:
            sync_elements(page, Document.empty(), page.content_json)
        if page_references(page.metadata):
            sync_page_picture(page)
        page_created.send(sender=type(page), instance=page, actor=who)
        if publish:
            publication = write_publication(page, actor=who, revision=1, first=True)
            page_published.send(sender=type(page), instance=page, actor=who, publication=publication)
            touch_site(page.site_id)
    return page


def move_page(
    page: AbstractPage,
    target: AbstractPage,
    *,
    actor: ActorLike,
    position: Position = "last-child",
    slug: str = "",
    expected_version: int | None = None,
    asked: Asked | None = None,
) -> AbstractPage:
    """Move a page with everything below it to ``position`` of ``target``.

    ``position``: "first-child" or "last-child" of the target, or "before" or "after" it. Where another page has the slug
    already, the moved one gets ``slug`` or a number. Published pages leave redirects. Below another parent the actor needs
    the right to change every page that comes along, and to publish those the public sees. ``asked``: the answers that a run
    has had already. Returns the fresh page.
    Raises InvalidMove, SlugTaken, PathTakenByRoute, PageTypeRefused, PathTooLong, PageStale, TreeTooLarge and what
    permissions raise.
    """
    who = Actor.of(actor)
    if position not in ("first-child", "last-child", "before", "after"):
        raise InvalidInput(errors={"position": [_("Choose first-child, last-child, before or after.")]})
    policy_for(page).require(who, "change", page)
    policy_for(target).require(who, "view", target)
    if page.pk == target.pk:
        raise InvalidMove
    with tree.locked_trees(type(page), page.pk, target.pk) as lock:
        node, goal = lock.node(page.pk), lock.node(target.pk)
        expect_version_of(lock, page.pk, expected_version)
        beside = position in ("before", "after")
        parent_id = goal.parent_id if beside else goal.pk
        if node.parent_id is None:
            raise InvalidMove(_("The root of a site cannot be moved."))
        if parent_id is None:
            raise InvalidMove(_("A page cannot stand beside the root of a site; choose a place below it."))
        old_path, old_site, same_parent = node.path, node.site_id, parent_id == node.parent_id
        if not same_parent:
            parent = get_page_model().all_objects.get(pk=parent_id)
            who = asking_anew(who)
            policy_for(parent).require(who, "add", parent)
            check_place(type(page), type(parent))
            new_slug = free_slug(lock, parent_id, parent.path, slug or node.slug, exact=bool(slug), exclude=page.pk)
            require_size(who, lock.rows, node, asked)
            # The rights to a page come from where it stands: whoever moves it gives them, over all that is below it.
            rows = tree.subtree(lock.rows, node)
            require_each(who, "change", rows, asked)
            require_publish_of_live(who, rows, asked)
        else:
            new_slug = node.slug
        stood = lock.rows.filter(parent_id=node.parent_id, tree_id=node.tree_id, lft__lt=node.lft).order_by("-lft")
        old_place = (node.parent_id, stood.values_list("pk", flat=True).first())
        new_path = old_path if same_parent else tree.child_path(parent.path, new_slug)
        if not tree.move(lock, node, goal, position, slug=new_slug, path=new_path):
            return lock.page(page.pk)
        fresh = lock.page(page.pk)
        if (old_path, old_site) != (fresh.path, fresh.site_id):
            carry_publications(lock, fresh, old_path, new_path)
        page_moved.send(
            sender=type(page),
            instance=fresh,
            actor=who,
            old_path=old_path,
            new_path=fresh.path,
            old_place=old_place,
        )
        touch_site(fresh.site_id)
        if old_site != fresh.site_id:
            touch_site(old_site)
    return fresh


def reorder_pages(
    parent: AbstractPage, ordered: Sequence[int], *, actor: ActorLike, expected_version: int | None = None
) -> None:
    """Put children of ``parent`` in the order of their keys in ``ordered``; those not named keep their order after them.

    Raises InvalidMove for a key that is not a child (any more) or one the actor may not see, PageStale for another version
    of the parent, and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(parent).require(who, "change", parent)
    with tree.locked_trees(type(parent), parent.pk) as lock:
        lock.node(parent.pk)
        expect_version_of(lock, parent.pk, expected_version)
        children = list(lock.rows.filter(parent_id=parent.pk).order_by("lft").values_list("pk", flat=True))
        base = get_page_model()
        seen = get_policy(base).visible(who, base.all_objects.using(lock.using).filter(parent_id=parent.pk))
        known = set(seen.order_by().values_list("pk", flat=True))
        if len(set(ordered)) != len(ordered) or not set(ordered) <= known:
            raise InvalidMove(_("Name each child of the page at most once, and no other page."))
        wanted = [*ordered, *(pk for pk in children if pk not in set(ordered))]
        before = list(children)
        for index, pk in enumerate(wanted):
            if children[index] == pk:
                continue
            tree.move(lock, lock.reread(pk), lock.reread(children[index]), "before")
            children.remove(pk)
            children.insert(index, pk)
        if wanted != before:
            pages_reordered.send(sender=type(parent), instance=parent, actor=who, before=before, after=wanted)
        touch_site(parent.site_id)
