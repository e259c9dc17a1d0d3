"""The rights that a change of a whole subtree asks for, and the one rule of what the public sees.

Who takes pages from the public, brings them back or changes their address needs the right to publish each of them, and a
token the scope ``publish``: deleting, restoring, renaming and moving do what unpublishing and publishing do. Pages that the
public does not see ask for no more than the change itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import PermissionRefused
from ai_cms.core.permissions import Actor, get_policy, policy_for

from .. import get_page_model, tree
from ..conf import pages_settings
from ..exceptions import PublishNeeded, TreeTooLarge
from ..models import AbstractPage, Publication
from ..tree import Node
from ..type_rights import rights_of_type

if TYPE_CHECKING:
    from ..querysets import PageQuerySet

__all__ = ["Asked", "asking_anew", "require_each", "require_new", "require_publish_of_live", "require_size"]


#: Pages that are asked about at once.
BATCH = 500


class Asked:
    """What was asked about the pages of a large subtree, part by part, before its lock is taken for the change itself.

    An answer holds for a page while it stands where it stood and belongs to whom it did; under the lock only the others are
    asked about again.
    """

    def __init__(self) -> None:
        self._seen: dict[str, dict[int, tuple[str, int | None]]] = {}

    def note(self, action: str, rows: PageQuerySet) -> None:
        """Remember that the actor may do ``action`` to each of ``rows``."""
        self._seen.setdefault(action, {}).update(_places(rows))

    def others(self, action: str, rows: PageQuerySet) -> list[int]:
        """Return the keys of the pages that nothing was asked about, or that have another place or owner since."""
        seen = self._seen.get(action, {})
        return [pk for pk, place in _places(rows).items() if seen.get(pk) != place]


def _places(rows: PageQuerySet) -> dict[int, tuple[str, int | None]]:
    return {pk: (path, owner) for pk, path, owner in rows.order_by().values_list("pk", "path", "owner_id")}


def require_each(actor: Actor, action: str, rows: PageQuerySet, asked: Asked | None = None) -> None:
    """Raise PermissionRefused unless the actor may do ``action`` to every page among ``rows``, hidden and deleted ones too."""
    refused = _first_refused(actor, action, rows, asked)
    if refused is not None:
        raise PermissionRefused(_("Below the page are pages that you may not see or change."))


def require_size(actor: Actor, rows: PageQuerySet, node: Node, asked: Asked | None = None) -> None:
    """Raise TreeTooLarge for a subtree that would hold the tree's lock for longer than others should wait.

    ``rows``: all rows of the base table. ``asked``: what takes long has been done already.
    """
    name = "TREE_MAX_PAGES" if asked is None else "TREE_WORK_MAX_PAGES"
    limit = pages_settings.TREE_MAX_PAGES if asked is None else pages_settings.TREE_WORK_MAX_PAGES
    # Half the numbers between the edges is the most there can be; usually far more than there are.
    if actor.is_system or (node.rght - node.lft + 1) // 2 <= limit:
        return
    if (count := tree.count_below(rows, node) + 1) > limit:
        raise TreeTooLarge(count, limit, name)


def require_publish_of_live(
    actor: Actor, rows: PageQuerySet, asked: Asked | None = None, *, deleted: bool = False
) -> None:
    """Raise PublishNeeded unless the actor may publish every page among ``rows`` that the public sees.

    ``deleted``: ask for those that the public would see again after a restore.
    """
    publications = Publication.objects.using(rows.db).filter(page_id__in=rows.values("pk"))
    if not deleted:
        publications = publications.filter(active=True)
    if _first_refused(actor, "publish", rows.filter(pk__in=publications.values("page_id")), asked) is not None:
        raise PublishNeeded


def asking_anew(actor: Actor) -> Actor:
    """Return the actor without what policies remember of it: for the first question under a lock, since the tree may have
    moved below what was read before it."""
    return replace(actor, memo={})


def _first_refused(actor: Actor, action: str, rows: PageQuerySet, asked: Asked | None = None) -> AbstractPage | None:
    if actor.is_system:
        return None
    if asked is not None and not actor.is_superuser:
        others = asked.others(action, rows)
        parts = (others[start : start + BATCH] for start in range(0, len(others), BATCH))
        return next((page for part in parts if (page := _first_refused(actor, action, rows.filter(pk__in=part)))), None)
    actor = asking_anew(actor)
    pages = get_page_model().all_objects.using(rows.db).filter(pk__in=rows.values("pk")).order_by("lft")
    pages = pages.defer("content_json", "metadata")
    if actor.is_superuser:
        # May do everything but what a token holds back, and that is the same for every page.
        pages = pages[:1]
    for page in pages.iterator(chunk_size=500):
        if not policy_for(page).can(actor, action, page):
            return page  # type: ignore[no-any-return]
    return None


def require_new(actor: Actor, page_type: type[AbstractPage], parent: AbstractPage, *, publish: bool) -> None:
    """Ask whether the actor may make a page of this type below ``parent``, and publish it there.

    Both policies are asked where the type has one of its own, unless the type's rights allow it there.
    Raises NotFound, PermissionRefused.
    """
    if actor.is_confined:
        policy_for(parent).require(actor, "view", parent)
    rights = rights_of_type(page_type)
    if rights is not None and actor.is_authenticated and rights.may_make(actor, parent, publish=publish):
        if all(map(actor.has_scope, ("write", "publish") if publish else ("write",))):
            return
        # Not as if the page above did not exist: the person may, this token may not.
        raise PermissionRefused(_("The token's scopes do not allow this."), code="insufficient_scope")
    policy_for(parent).require(actor, "add", parent)
    own = get_policy(page_type)
    if own is not policy_for(parent):
        own.require(actor, "add", parent)
    if publish:
        own.require(actor, "publish", parent)
