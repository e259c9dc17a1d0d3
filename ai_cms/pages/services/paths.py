"""Slugs and the paths made of them: find a free one, rename a page, bring everything below it along."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor
from ai_cms.core.signals import page_moved
from ai_cms.core.slugs import make_slug

from .. import tree
from ..addresses import avoid_routes, first_free, is_taken_by_route
from ..exceptions import PathTakenByRoute, SlugTaken
from ..models import AbstractPage, Publication
from ..redirects import record_redirects
from ..tree import LockedTrees, Node
from .locks import touch_site
from .rights import require_publish_of_live, require_size

__all__ = ["carry_publications", "follow", "free_slug", "rename"]


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
    return first_free(slug, is_taken)


def rename(lock: LockedTrees, page: AbstractPage, slug: str, *, actor: Actor) -> bool:
    """Give a page of a locked tree another slug; its subtree's paths, publications and redirects follow.

    Returns whether the slug changed. Raises SlugTaken, PathTakenByRoute, InvalidInput, PathTooLong,
    and PublishNeeded where the public sees the page, or one below it, and the actor may not publish it.
    """
    if slug == page.slug:
        return False
    if page.parent_id is None:
        raise InvalidInput(errors={"slug": [_("The home page has no slug.")]})
    node = lock.reread(page.pk)
    require_size(actor, lock.rows, node)
    old_path = node.path
    parent_path = old_path[: -len(page.slug) - 1]
    new_slug = free_slug(lock, page.parent_id, parent_path, slug, exact=True, exclude=page.pk)
    new_path = tree.child_path(parent_path, new_slug)
    require_publish_of_live(actor, tree.subtree(lock.rows, node))
    page.slug, page.path = new_slug, new_path
    lock.rows.filter(pk=page.pk).update(slug=new_slug)
    follow(lock, node, old_path, new_path)
    page_moved.send(sender=type(page), instance=page, actor=actor, old_path=old_path, new_path=new_path, old_place=None)
    touch_site(page.site_id)
    return True


def follow(lock: LockedTrees, node: Node, old_path: str, new_path: str) -> None:
    """Bring paths, redirects and publications of the subtree after a rename. Raises PathTooLong."""
    rows = tree.subtree(lock.rows, node)
    tree.refuse_long_paths(rows, old_path, new_path)
    tree.rewrite_paths(rows, old_path, new_path)
    carry_publications(lock, node, old_path, new_path)


def carry_publications(lock: LockedTrees, node: Node | AbstractPage, old_path: str, new_path: str) -> None:
    """Give the publications of a subtree the paths and the site that its pages have now, and leave redirects.

    ``node``: where it stands now.
    """
    rows = tree.subtree(lock.rows, node)
    if old_path != new_path:
        record_redirects(rows, new_site=node.site_id, using=lock.using)
    publications = Publication.objects.using(lock.using).filter(page_id__in=rows.values("pk"))
    tree.rewrite_paths(publications, old_path, new_path, site_id=node.site_id, modified_at=timezone.now(), html_key="")
