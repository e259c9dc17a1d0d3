"""The bin: delete pages with what is below them, bring them back, delete them for good."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.signals import page_deleted, page_purged, page_restored

from .. import tree
from ..exceptions import InvalidMove, PageNotFound
from ..models import AbstractPage, Publication
from .locks import expect_version_of, touch_site
from .paths import follow, free_slug
from .rights import Asked, require_each, require_publish_of_live, require_size

if TYPE_CHECKING:
    from ..querysets import PageQuerySet

__all__ = ["delete_page", "delete_rows", "purge_page", "restore_page"]


def delete_page(
    page: AbstractPage, *, actor: ActorLike, expected_version: int | None = None, asked: Asked | None = None
) -> int:
    """Put a page with everything below it into the bin; its publications are withdrawn. Returns how many pages.

    The actor needs the right to delete each page, and to publish those the public sees. Raises InvalidMove for the home
    page, TreeTooLarge above ``TREE_MAX_PAGES``, PageStale for another version than ``expected_version``, and what permissions
    raise. ``asked``: the answers that a run has had already.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "delete", page)
    with tree.locked_trees(type(page), page.pk) as lock:
        node = lock.node(page.pk)
        expect_version_of(lock, page.pk, expected_version)
        if node.parent_id is None:
            raise InvalidMove(_("The home page of a site cannot be deleted."))
        require_size(who, lock.rows, node, asked)
        rows = tree.subtree(lock.rows, node).filter(deleted_at=None)
        require_each(who, "delete", rows, asked)
        require_publish_of_live(who, rows, asked)
        ids = list(rows.order_by("lft").values_list("pk", flat=True))
        deletion = uuid.uuid4()
        rows.update(deleted_at=timezone.now(), deletion=deletion)
        gone = lock.rows.filter(deletion=deletion)
        Publication.objects.using(lock.using).filter(page_id__in=gone.values("pk")).update(active=False)
        page_deleted.send(sender=type(page), instance=page, actor=who, page_ids=ids)
        touch_site(node.site_id)
    return len(ids)


def restore_page(
    page: AbstractPage,
    *,
    actor: ActorLike,
    slug: str = "",
    expected_version: int | None = None,
    asked: Asked | None = None,
) -> AbstractPage:
    """Bring a page back from the bin with what was deleted together with it, publications included, exactly as it was.

    ``slug``: another slug, needed when a new page has taken the old one (SlugTaken) or a new route of the host project its
    path (PathTakenByRoute). The actor needs the right to restore each page, and to publish those the public will see again.
    Raises InvalidMove when the page it stood under is in the bin, PageStale and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "restore", page)
    with tree.locked_trees(type(page), page.pk) as lock:
        node = lock.node(page.pk, deleted=True)
        expect_version_of(lock, page.pk, expected_version)
        row = lock.rows.filter(pk=page.pk).values_list("deletion", "slug", "parent__deleted_at").get()
        deletion, old_slug, parent_deleted = row
        if not node.deleted:
            raise PageNotFound
        if parent_deleted is not None:
            raise InvalidMove(_("The page above is in the bin; restore that one."))
        require_size(who, lock.rows, node, asked)
        base = node.path[: -len(old_slug) - 1]
        new_slug = free_slug(lock, node.parent_id or 0, base, slug or old_slug, exact=True, exclude=page.pk)
        rows = tree.subtree(lock.rows, node).filter(deletion=deletion)
        require_each(who, "restore", rows, asked)
        require_publish_of_live(who, rows, asked, deleted=True)
        ids = list(rows.order_by("lft").values_list("pk", flat=True))
        if new_slug != old_slug:
            lock.rows.filter(pk=page.pk).update(slug=new_slug)
            follow(lock, node, node.path, tree.child_path(base, new_slug))
        Publication.objects.using(lock.using).filter(page_id__in=rows.values("pk")).update(active=True)
        rows.update(deleted_at=None, deletion=None)
        fresh = lock.page(page.pk)
        page_restored.send(sender=type(page), instance=fresh, actor=who, page_ids=ids)
        touch_site(node.site_id)
    return fresh


def purge_page(page: AbstractPage, *, actor: ActorLike, expected_version: int | None = None) -> int:
    """Delete a page that is in the bin, and everything below it, for good. Returns how many pages.

    Raises InvalidMove for a page that is not in the bin, PageStale and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "purge", page)
    with tree.locked_trees(type(page), page.pk) as lock:
        node = lock.node(page.pk, deleted=True)
        expect_version_of(lock, page.pk, expected_version)
        if not node.deleted:
            raise InvalidMove(_("Only pages in the bin can be deleted for good."))
        require_size(who, lock.rows, node)
        rows = tree.subtree(lock.rows, node)
        require_each(who, "purge", rows)
        ids = list(rows.order_by("-lft").values_list("pk", flat=True))
        delete_rows(lock.rows, ids, using=lock.using)
        tree.remove(lock, node)
        page_purged.send(sender=type(page), instance=page, actor=who, page_ids=ids)
    return len(ids)


def delete_rows(rows: PageQuerySet, ids: Sequence[int], *, using: str) -> None:
    """Delete page rows and what refers to them, each relation as its ``on_delete`` says."""
    for start in range(0, len(ids), 500):
        collector = Collector(using=using)
        # Base rows: the collector finds the subtypes' rows through their parent links.
        collector.collect(list(rows.filter(pk__in=ids[start : start + 500])))
        collector.delete()
