"""Make, rename, move and delete folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Conflict, InvalidInput
from ai_cms.core.permissions import Actor, ActorLike, get_policy

from .. import get_asset_model, get_folder_model
from ..quotas import lock_owner

if TYPE_CHECKING:
    from ..models import AbstractFolder

__all__ = ["create_folder", "delete_folder", "folder_for", "update_folder"]

MOST_LEVELS = 20


def folder_for(folder: object, actor: Actor) -> AbstractFolder | None:
    """Return the folder that ``actor`` wants to put something into, ``None`` for none. Raises what permissions raise."""
    if folder is None:
        return None
    model = get_folder_model()
    policy = get_policy(model)
    if isinstance(folder, model):
        found: AbstractFolder | None = folder
    else:
        found = policy.visible(actor, model.objects.all()).filter(pk=folder).first()
    if found is None:
        raise InvalidInput(errors={"folder": [_("There is no such folder.")]})
    policy.require(actor, "change", found)
    return found


def create_folder(name: str, *, actor: ActorLike, parent: AbstractFolder | int | None = None) -> AbstractFolder:
    """Make a folder of the actor's account. Raises InvalidInput for a name that is taken there."""
    who = Actor.of(actor)
    get_policy(get_folder_model()).require(who, "add")
    wanted = folder_for(parent, who)
    with transaction.atomic():
        above = _as_of_now(wanted)
        # A folder inside another's belongs to whoever owns that: one tree, one owner.
        owner = above.owner if above is not None else who.account
        lock_owner(owner)
        _refuse_taken(name, above, owner)
        if above is not None and len(_above(above)) >= MOST_LEVELS:
            raise InvalidInput(errors={"parent": [_("Folders are at most %(most)s deep.") % {"most": MOST_LEVELS}]})
        made: AbstractFolder = get_folder_model().objects.create(name=name, parent=above, owner=owner)
        return made


def update_folder(folder: AbstractFolder, *, actor: ActorLike, **values: Any) -> AbstractFolder:
    """Rename a folder (``name``) or move it (``parent``, ``None`` for the top). Raises InvalidInput."""
    who = Actor.of(actor)
    get_policy(get_folder_model()).require(who, "change", folder)
    with transaction.atomic():
        # Folders of one owner change one after another: two moves at once could each be right and together make a circle.
        lock_owner(folder.owner)
        fresh = get_folder_model().objects.get(pk=folder.pk)
        name = values.get("name", fresh.name)
        parent = _as_of_now(folder_for(values["parent"], who)) if "parent" in values else fresh.parent
        if parent is not None and (parent.pk == fresh.pk or fresh.pk in {above.pk for above in _above(parent)}):
            raise InvalidInput(errors={"parent": [_("A folder cannot be moved into itself.")]})
        if parent is not None and parent.owner_id != fresh.owner_id:
            raise InvalidInput(errors={"parent": [_("That folder belongs to someone else.")]})
        if (name, parent) != (fresh.name, fresh.parent):
            _refuse_taken(name, parent, fresh.owner, but=fresh.pk)
        fresh.name, fresh.parent = name, parent
        fresh.save()
    return fresh


def delete_folder(folder: AbstractFolder, *, actor: ActorLike) -> None:
    """Delete a folder that is empty. Raises Conflict while something is in it."""
    get_policy(get_folder_model()).require(Actor.of(actor), "delete", folder)
    with transaction.atomic():
        lock_owner(folder.owner)
        if folder.children.exists() or get_asset_model().objects.non_polymorphic().filter(folder=folder).exists():
            raise Conflict(_("The folder is not empty."), code="folder_not_empty")
        folder.delete()


def _as_of_now(folder: AbstractFolder | None) -> Any:
    """Return a folder as it is now that the lock is held: where it stood before may be where it no longer stands."""
    return None if folder is None else get_folder_model().objects.get(pk=folder.pk)


def _above(folder: AbstractFolder) -> list[AbstractFolder]:
    found: list[AbstractFolder] = []
    current = folder.parent
    while current is not None and len(found) < 100:
        found.append(current)
        current = current.parent
    return found


def _refuse_taken(name: str, parent: Any, owner: Any, *, but: int | None = None) -> None:
    name = name.strip()
    if not name or "/" in name:
        raise InvalidInput(errors={"name": [_("A name has at least one character and no slash.")]})
    rows = get_folder_model().objects.filter(name=name, parent=parent)
    rows = rows if parent is not None else rows.filter(owner=owner)
    if rows.exclude(pk=but).exists():
        raise InvalidInput(errors={"name": [_("There is a folder of this name already.")]})
