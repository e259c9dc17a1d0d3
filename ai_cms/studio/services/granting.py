"""Give groups rights in a subtree, and take them back.

Who may: staff with the model permissions for grants, superusers, as everywhere. Nobody grants what they do not have at the
page themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group
from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.pages.models import AbstractPage, PageGroupPermission

from ..exceptions import GrantRefused

__all__ = ["RIGHTS", "grant_rights", "may_grant", "revoke_rights"]

RIGHTS = ("add", "change", "delete", "publish")


def may_grant(actor: ActorLike, action: str = "change") -> bool:
    """Return whether the actor may look after (``action``: view, add, change, delete) grants of subtrees at all."""
    return get_policy(PageGroupPermission).can(actor, action, PageGroupPermission())


def grant_rights(group: Group, page: AbstractPage, rights: Collection[str], *, actor: ActorLike) -> Any:
    """Give ``group`` exactly these of ``RIGHTS`` at ``page`` and below, in place of what it had there; return the grant.

    Raises GrantRefused for none and for rights that the actor lacks there, and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "view", page)
    get_policy(PageGroupPermission).require(who, "add", PageGroupPermission())
    get_policy(PageGroupPermission).require(who, "change", PageGroupPermission())
    wanted = set(rights)
    if not wanted:
        raise GrantRefused(errors={"rights": [_("Choose at least one right, or take the grant back.")]})
    if unknown := wanted - set(RIGHTS):
        raise GrantRefused(errors={"rights": [_("Unknown: %(names)s.") % {"names": ", ".join(sorted(unknown))}]})
    lacking = sorted(right for right in wanted if not policy_for(page).can(who, right, page))
    if lacking:
        words = _("You cannot give what you may not do there yourself: %(names)s.")
        raise GrantRefused(errors={"rights": [words % {"names": ", ".join(lacking)}]})
    flags = {f"can_{right}": right in wanted for right in RIGHTS}
    with transaction.atomic(using=router.db_for_write(PageGroupPermission)):
        grant, _made = PageGroupPermission.objects.update_or_create(group=group, page_id=page.pk, defaults=flags)
    return grant


def revoke_rights(grant: PageGroupPermission, *, actor: ActorLike) -> None:
    """Take a grant back. Raises what permissions raise."""
    get_policy(PageGroupPermission).require(Actor.of(actor), "delete", grant)
    grant.delete()
