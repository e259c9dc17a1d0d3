"""Change the tree: create, rename, move, copy, delete, restore, purge. Paths, publications and redirects follow set-based."""

from __future__ import annotations

import copy as copylib
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import router, transaction
from django.db.models import F
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.documents.provenance import Source
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, get_policy, policy_for
from ai_cms.core.signals import (
    page_copied,
    page_created,
    page_deleted,
    page_moved,
    page_published,
    page_restored,
)
from ai_cms.core.slugs import make_slug

from .. import get_page_model, tree
from ..addresses import avoid_routes, is_taken_by_route
from ..elements import sync_elements
from ..exceptions import InvalidMove, PageNotFound, PageStale, PathTakenByRoute, SlugTaken
from ..models import Publication, RevisionKind, Site
from ..provenance import written_by
from ..redirects import record_redirects
from ..revisions import record_revision
from ..snapshots import apply_snapshot, assign_fields, take_snapshot
from .page_types import check_place, resolve_page_type
from .publishing import write_publication

if TYPE_CHECKING:
    from ..models import AbstractPage
    from ..tree import LockedTrees, Node, Position

__all__ = [
    "copy_page",
    "create_page",
    "delete_page",
    "move_page",
    "purge_page",
    "rename",
    "reorder_pages",
    "restore_page",
    "translate_page",
]


def free_slug(
    lock: LockedTrees, parent_id: int, base: str, wanted: str, *, exact: bool, exclude: int | None = None
) -> str:
    """Return a slug that no other page under the parent has and no other route answers at.

    It is ``wanted``, or (unless ``exact``) with a number after it. ``base``: the parent's path.
    Raises SlugTaken, PathTakenByRoute, InvalidInput.
    """
    slug = make_slug(wanted)
    if exact and slug != wanted:
        raise InvalidInput(
            errors={
                "slug": [_("Use letters, digits, hyphens and underscores only, such as %(slug)s.") % {"slug": slug}]
            }
        )
    siblings = lock.rows.filter(parent_id=parent_id, deleted_at=None).exclude(pk=exclude)
    if exact:
        if siblings.filter(slug=slug).exists():
            raise SlugTaken(slug)
        if is_taken_by_route(path := f"{base}{slug}/"):
            raise PathTakenByRoute(path)
        return slug
    is_taken = avoid_routes(base, set(siblings.filter(slug__startswith=slug[:90]).values_list("slug", flat=True)))
    candidate, number = slug, 1
    while is_taken(candidate):
        number += 1
        candidate = f"{slug[: 99 - len(str(number))]}-{number}"
    return candidate


def touch_site(site_id: int) -> None:
    """Count a change that other pages of the site may show. Last of all writes: it is the lock everybody ends on."""
    Site.objects.filter(pk=site_id).update(generation=F("generation") + 1)


def create_page(
    *,
    actor: Actor | Any,
    parent: AbstractPage,
    title: str,
    slug: str = "",
    page_type: str | type[AbstractPage] | None = None,
    content: Any = None,
    fields: Mapping[str, Any] | None = None,
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
    policy_for(parent).require(who, "add", parent)
    model = resolve_page_type(page_type)
    check_place(model, type(parent))
    if publish and not get_policy(model).can(who, "publish", parent):
        get_policy(model).require(who, "publish", parent)
    page = model(owner=owner if owner is not None else who.account, template=template, locale=parent.locale)
    marks = written_by(who, source)
    assign_fields(page, {"title": title, **(fields or {})}, partial=False, actor=who, provenance=marks)
    page.content_json = prepare_document(
        content if content is not None else [],
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
        page_created.send(sender=type(page), instance=page, actor=who)
        if publish:
            publication = write_publication(page, actor=who, revision=1, first=True)
            page_published.send(sender=type(page), instance=page, actor=who, publication=publication)
            touch_site(page.site_id)
    return page


def rename(lock: LockedTrees, page: AbstractPage, slug: str, *, actor: Actor) -> bool:
    """Give a page of a locked tree another slug; its subtree's paths, publications and redirects follow.

    Returns whether the slug changed. Raises SlugTaken, PathTakenByRoute, InvalidInput, PathTooLong.
    """
    if slug == page.slug:
        return False
    if page.parent_id is None:
        raise InvalidInput(errors={"slug": [_("The home page has no slug.")]})
    node = lock.reread(page.pk)
    old_path = node.path
    parent_path = old_path[: -len(page.slug) - 1]
    new_slug = free_slug(lock, page.parent_id, parent_path, slug, exact=True, exclude=page.pk)
    new_path = tree.child_path(parent_path, new_slug)
    page.slug, page.path = new_slug, new_path
    lock.rows.filter(pk=page.pk).update(slug=new_slug)
    _follow(lock, node, old_path, new_path, old_site=page.site_id)
    page_moved.send(sender=type(page), instance=page, actor=actor, old_path=old_path, new_path=new_path)
    touch_site(page.site_id)
    return True


def _follow(lock: LockedTrees, node: Node, old_path: str, new_path: str, *, old_site: int | None) -> None:
    """Bring paths, redirects and publications of the subtree after a rename or move; ``node`` is where it is now."""
    rows = tree.subtree(lock.rows, node)
    if old_path == new_path and old_site == node.site_id:
        return
    record_redirects(rows, old_path, new_path, new_site=node.site_id, using=lock.using)
    if old_path != new_path:
        tree.rewrite_paths(rows, old_path, new_path)
    publications = Publication.objects.using(lock.using).filter(page_id__in=rows.values("pk"))
    tree.rewrite_paths(publications, old_path, new_path, site_id=node.site_id, modified_at=timezone.now(), html_key="")


def move_page(
    page: AbstractPage,
    target: AbstractPage,
    *,
    actor: Actor | Any,
    position: Position = "last-child",
    slug: str = "",
) -> AbstractPage:
    """Move a page with everything below it to ``position`` of ``target``.

    ``position``: "first-child" or "last-child" of the target, or "before" or "after" it. Where another page has the slug
    already, the moved one gets ``slug`` or a number. Published pages leave redirects. Returns the fresh page.
    Raises InvalidMove, SlugTaken, PathTakenByRoute, PageTypeRefused, PathTooLong and what permissions raise.
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
        beside = position in ("before", "after")
        parent_id = goal.parent_id if beside else goal.pk
        if node.parent_id is None:
            raise InvalidMove(_("The root of a site cannot be moved."))
        if parent_id is None:
            raise InvalidMove(_("A page cannot stand beside the root of a site; choose a place below it."))
        old_path, old_site, same_parent = node.path, node.site_id, parent_id == node.parent_id
        if not same_parent:
            parent = get_page_model().all_objects.get(pk=parent_id)
            policy_for(parent).require(who, "add", parent)
            check_place(type(page), type(parent))
            new_slug = free_slug(lock, parent_id, parent.path, slug or node.slug, exact=bool(slug), exclude=page.pk)
            new_path = tree.child_path(parent.path, new_slug)
        else:
            new_slug, new_path = node.slug, old_path
        if not tree.move(lock, node, goal, position, slug=new_slug):
            return _fresh(page)
        moved = lock.reread(page.pk)
        if not same_parent:
            _follow(lock, moved, old_path, new_path, old_site=old_site)
        fresh = _fresh(page)
        page_moved.send(sender=type(page), instance=fresh, actor=who, old_path=old_path, new_path=new_path)
        touch_site(fresh.site_id)
        if old_site != fresh.site_id:
            touch_site(old_site)
    return fresh


def reorder_pages(parent: AbstractPage, ordered: Sequence[int], *, actor: Actor | Any) -> None:
    """Put children of ``parent`` in the order of their keys in ``ordered``; those not named keep their order after them.

    Raises InvalidMove for a key that is not a child (any more), and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(parent).require(who, "change", parent)
    with tree.locked_trees(type(parent), parent.pk) as lock:
        children = list(lock.rows.filter(parent_id=parent.pk).order_by("lft").values_list("pk", flat=True))
        if len(set(ordered)) != len(ordered) or not set(ordered) <= set(children):
            raise InvalidMove(_("Name each child of the page at most once, and no other page."))
        wanted = [*ordered, *(pk for pk in children if pk not in set(ordered))]
        for index, pk in enumerate(wanted):
            if children[index] == pk:
                continue
            tree.move(lock, lock.reread(pk), lock.reread(children[index]), "before")
            children.remove(pk)
            children.insert(index, pk)
        touch_site(parent.site_id)


def copy_page(
    page: AbstractPage,
    target: AbstractPage,
    *,
    actor: Actor | Any,
    position: Position = "last-child",
    slug: str = "",
    title: str = "",
    recursive: bool = True,
) -> AbstractPage:
    """Copy a page, with what is below it, as drafts; provenance is kept, block ids stay (they are unique in a document).

    Everything copied must be visible to the actor; a page that is not ends the copy with PermissionRefused or NotFound.
    Returns the copy of ``page``.
    """
    who = Actor.of(actor)
    policy = policy_for(page)
    policy.require(who, "view", page)
    policy_for(target).require(who, "add", target)
    if position not in ("first-child", "last-child"):
        raise InvalidInput(errors={"position": [_("Choose first-child or last-child.")]})
    with tree.locked_trees(type(page), page.pk, target.pk) as lock:
        node, above = lock.node(page.pk), lock.node(target.pk)
        base = get_page_model().objects.using(lock.using)
        below = (
            base.filter(tree_id=node.tree_id, lft__gt=node.lft, rght__lt=node.rght).order_by("lft") if recursive else []
        )
        sources = [_fresh(page), *below]
        for source in sources[1:]:
            policy.require(who, "view", source)
        check_place(type(page), type(target))
        copies: dict[int, AbstractPage] = {}
        goal, place = target.pk, position
        for source in sources:
            twin = type(source)(owner=who.account, template_id=source.template_id, locale=source.locale)
            apply_snapshot(twin, copylib.deepcopy(take_snapshot(source)))
            if source is sources[0] and title:
                assign_fields(twin, {"title": title})
            twin.content_json = source.content_json
            if source is sources[0]:
                wanted = slug or source.slug or source.title
                twin.slug = free_slug(lock, goal, above.path, wanted, exact=bool(slug))
            else:
                twin.slug, goal, place = source.slug, copies[source.parent_id].pk, "last-child"
            tree.insert(lock, twin, lock.reread(goal), place)
            record_revision(
                twin, actor=who, kind=RevisionKind.MANUAL, message=_("Copy of %(path)s") % {"path": source.path}
            )
            twin.save(update_fields=["latest_revision"])
            sync_elements(twin, Document.empty(), twin.content_json)
            copies[source.pk] = twin
            page_copied.send(sender=type(twin), instance=twin, actor=who, source=source)
    return copies[page.pk]


def delete_page(page: AbstractPage, *, actor: Actor | Any, expected_version: int | None = None) -> int:
    """Put a page with everything below it into the bin; its publications are withdrawn. Returns how many pages.

    Each page below must be deletable too. Raises InvalidMove for the home page, PageStale for another version than
    ``expected_version``, and what permissions raise.
    """
    who = Actor.of(actor)
    policy = policy_for(page)
    policy.require(who, "delete", page)
    with tree.locked_trees(type(page), page.pk) as lock:
        node = lock.node(page.pk)
        if node.parent_id is None:
            raise InvalidMove(_("The home page of a site cannot be deleted."))
        if expected_version is not None:
            version = (
                lock.rows.select_for_update(of=("self",), no_key=True).values_list("version", flat=True).get(pk=page.pk)
            )
            if version != expected_version:
                raise PageStale(current_version=version)
        rows = tree.subtree(lock.rows, node).filter(deleted_at=None)
        if not who.is_superuser:
            for row in get_page_model().objects.filter(pk__in=rows.values("pk")).exclude(pk=page.pk):
                policy.require(who, "delete", row)
        ids = list(rows.order_by("lft").values_list("pk", flat=True))
        rows.filter(pk__in=ids).update(deleted_at=timezone.now(), deletion=uuid.uuid4())
        Publication.objects.using(lock.using).filter(page_id__in=ids).update(active=False)
        page_deleted.send(sender=type(page), instance=page, actor=who, page_ids=ids)
        touch_site(node.site_id)
    return len(ids)


def restore_page(page: AbstractPage, *, actor: Actor | Any, slug: str = "") -> AbstractPage:
    """Bring a page back from the bin with what was deleted together with it, publications included, exactly as it was.

    ``slug``: another slug, needed when a new page has taken the old one (SlugTaken) or a new route of the host project its
    path (PathTakenByRoute). Raises InvalidMove when the page it stood under is in the bin.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "restore", page)
    with tree.locked_trees(type(page), page.pk) as lock:
        node = lock.node(page.pk, deleted=True)
        row = lock.rows.filter(pk=page.pk).values_list("deletion", "slug", "parent__deleted_at").get()
        deletion, old_slug, parent_deleted = row
        if not node.deleted:
            raise PageNotFound
        if parent_deleted is not None:
            raise InvalidMove(_("The page above is in the bin; restore that one."))
        base = node.path[: -len(old_slug) - 1]
        new_slug = free_slug(lock, node.parent_id or 0, base, slug or old_slug, exact=True, exclude=page.pk)
        rows = tree.subtree(lock.rows, node).filter(deletion=deletion)
        ids = list(rows.order_by("lft").values_list("pk", flat=True))
        if new_slug != old_slug:
            lock.rows.filter(pk=page.pk).update(slug=new_slug)
            new_path = f"{base}{new_slug}/"
            _follow(lock, node, node.path, new_path, old_site=node.site_id)
        lock.rows.filter(pk__in=ids).update(deleted_at=None, deletion=None)
        Publication.objects.using(lock.using).filter(page_id__in=ids).update(active=True)
        fresh = _fresh(page)
        page_restored.send(sender=type(page), instance=fresh, actor=who, page_ids=ids)
        touch_site(node.site_id)
    return fresh


def purge_page(page: AbstractPage, *, actor: Actor | Any) -> int:
    """Delete a page that is in the bin, and everything below it, for good. Returns how many pages."""
    who = Actor.of(actor)
    policy_for(page).require(who, "purge", page)
    with tree.locked_trees(type(page), page.pk) as lock:
        node = lock.node(page.pk, deleted=True)
        if not node.deleted:
            raise InvalidMove(_("Only pages in the bin can be deleted for good."))
        ids = list(tree.subtree(lock.rows, node).order_by("-lft").values_list("pk", flat=True))
        delete_rows(lock.rows, ids, using=lock.using)
        tree.remove(lock, node)
    return len(ids)


def delete_rows(rows: Any, ids: Sequence[int], *, using: str) -> None:
    """Delete page rows and what refers to them, each relation as its ``on_delete`` says."""
    for start in range(0, len(ids), 500):
        collector = Collector(using=using)
        # Base rows: the collector finds the subtypes' rows through their parent links.
        collector.collect(list(rows.filter(pk__in=ids[start : start + 500])))
        collector.delete()


def _fresh(page: AbstractPage) -> AbstractPage:
    found: AbstractPage = get_page_model().all_objects.get(pk=page.pk)
    return found


def translate_page(page: AbstractPage, locale: str, *, actor: Actor | Any) -> AbstractPage:
    """Return the page linked to ``page`` as its version in ``locale``; a draft copy beside it where there is none.

    The copy keeps block ids, so that operations made for the one fit the other. Raises InvalidInput for the page's own
    language, InvalidMove for the home page (a language of its own is a site of its own) and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "view", page)
    if locale.lower() == page.locale.lower():
        raise InvalidInput(errors={"language": [_("The page is in this language already.")]})
    model = get_page_model()
    linked = model.objects.filter(translation_key=page.translation_key, locale__iexact=locale).first()
    if linked is not None:
        policy_for(linked).require(who, "change", linked)
        return linked  # type: ignore[no-any-return]
    if page.parent_id is None:
        raise InvalidMove(_("The home page of a site is translated by making a site for the language."))
    parent = model.objects.get(pk=page.parent_id)
    with transaction.atomic(using=router.db_for_write(model)):
        twin = copy_page(page, parent, actor=who, slug=make_slug(f"{page.slug[:80]}-{locale}"), recursive=False)
        twin.locale, twin.translation_key = locale, page.translation_key
        twin.save(update_fields=["locale", "translation_key"])
    return twin
