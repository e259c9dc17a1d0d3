"""Copy pages, and make the version of a page in another language."""

from __future__ import annotations

import copy as copylib
from collections.abc import Mapping, Sequence
from typing import Literal

from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.signals import page_copied
from ai_cms.core.slugs import make_slug

from .. import get_page_model, tree
from ..conf import pages_settings
from ..exceptions import InvalidMove, TreeTooLarge
from ..models import AbstractPage, RevisionKind
from ..snapshots import apply_snapshot, assign_fields, take_snapshot
from .branches import PageSpec, insert_branches
from .locks import expect_version_of
from .page_types import check_place
from .paths import free_slug

__all__ = ["copy_page", "copy_part", "translate_page", "twin_of"]


def copy_page(
    page: AbstractPage,
    target: AbstractPage,
    *,
    actor: ActorLike,
    position: Literal["first-child", "last-child"] = "last-child",
    slug: str = "",
    title: str = "",
    recursive: bool = True,
    expected_version: int | None = None,
) -> AbstractPage:
    """Copy a page, with what is below it, as drafts; provenance is kept, block ids stay (they are unique in a document).

    Everything copied must be visible to the actor; a page that is not ends the copy with PermissionRefused or NotFound.
    Returns the copy of ``page``. Raises TreeTooLarge above ``COPY_MAX_PAGES``, PageStale and what permissions raise.
    """
    who = Actor.of(actor)
    policy = policy_for(page)
    policy.require(who, "view", page)
    policy_for(target).require(who, "add", target)
    if position not in ("first-child", "last-child"):
        raise InvalidInput(errors={"position": [_("Choose first-child or last-child.")]})
    with tree.locked_trees(type(page), page.pk, target.pk) as lock:
        node, above = lock.node(page.pk), lock.node(target.pk)
        expect_version_of(lock, page.pk, expected_version)
        check_place(type(page), type(target))
        sources = [lock.page(page.pk)]
        if recursive:
            below = get_page_model().objects.using(lock.using).order_by("lft")
            below = below.filter(tree_id=node.tree_id, lft__gt=node.lft, rght__lt=node.rght)
            limit = pages_settings.COPY_MAX_PAGES
            if (count := below.order_by().count() + 1) > limit:
                raise TreeTooLarge(count, limit)
            sources += below
        specs: dict[int, PageSpec] = {}
        for source in sources:
            specs[source.pk] = twin_of(source, who)
            if source.pk != page.pk:
                specs[source.parent_id or 0].children.append(specs[source.pk])
        first = specs[page.pk].page
        if title:
            assign_fields(first, {"title": title})
        wanted = slug or sources[0].slug or sources[0].title
        first.slug = free_slug(lock, target.pk, above.path, wanted, exact=bool(slug))
        insert_branches(lock, above, [specs[page.pk]], actor=who, kind=RevisionKind.MANUAL, position=position)
        for source in sources:
            twin = specs[source.pk].page
            page_copied.send(sender=type(twin), instance=twin, actor=who, source=source)
    copied: AbstractPage = first
    return copied


def twin_of(source: AbstractPage, who: Actor) -> PageSpec:
    """Return the copy of a page that is to be made. Raises PermissionRefused, NotFound where the actor may not see it."""
    policy_for(source).require(who, "view", source)
    twin = type(source)(owner=who.account, template_id=source.template_id, locale=source.locale)
    apply_snapshot(twin, copylib.deepcopy(take_snapshot(source)))
    twin.content_json, twin.slug, twin.latest_revision = source.content_json, source.slug, 1
    return PageSpec(twin.title, page=twin, message=_("Copy of %(path)s") % {"path": source.path})


def copy_part(parents: Mapping[int, int], sources: Sequence[int], *, actor: Actor) -> dict[int, int]:
    """Copy pages of which the copies of the parents are there, by ``parents``, or come with them; return the new ones.

    ``sources``: keys in the order of the tree, without gaps. Both mappings are from page to copy. A page that is gone since, or
    whose parent was not copied, is left out with what is below it. Raises PageNotFound where a copy is gone to which more were
    to come.
    """
    made: dict[int, PageSpec] = {}
    # Where the tree is read in order, what has its parent outside of the part hangs on the way down to its first page.
    roots: dict[int, list[PageSpec]] = {}
    base = get_page_model()
    above_them = base.objects.non_polymorphic().order_by().filter(pk__in=sources).values_list("parent_id", flat=True)
    copies = {parents[pk] for pk in above_them if pk in parents}
    with tree.locked_trees(base, *copies) as lock:
        found = base.objects.using(lock.using).filter(pk__in=sources).order_by("lft")
        for source in found:
            above = source.parent_id or 0
            if above not in made and above not in parents:
                continue
            spec = made[source.pk] = twin_of(source, actor)
            if above in made:
                made[above].children.append(spec)
            else:
                roots.setdefault(parents[above], []).append(spec)
        for parent, specs in roots.items():
            lock.node(parent)
            insert_branches(lock, lock.reread(parent), specs, actor=actor, kind=RevisionKind.MANUAL)
        for source in found:
            if source.pk in made:
                twin = made[source.pk].page
                page_copied.send(sender=type(twin), instance=twin, actor=actor, source=source)
    return {pk: spec.page.pk for pk, spec in made.items()}


def translate_page(page: AbstractPage, locale: str, *, actor: ActorLike) -> AbstractPage:
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
