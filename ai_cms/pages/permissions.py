"""Who may read, edit and publish pages: staff with model permissions all, groups their subtrees, owners their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy

from . import get_page_model, get_template_model
from .models import (
    AbstractPage,
    AbstractTemplate,
    Element,
    ElementReference,
    PageApproval,
    PageGroupPermission,
    PreviewLink,
    Proposal,
    Publication,
    Redirect,
    Revision,
    Site,
    TreeWork,
)
from .type_rights import real_type, registered_rights, rights_of_type

__all__ = ["PagePolicy", "grant_rows", "group_names", "register_page_policies", "remember_grants"]

_FLAGS = {"add": "can_add", "change": "can_change", "delete": "can_delete", "publish": "can_publish"}


@dataclass(frozen=True)
class _Grant:
    tree_id: int
    lft: int
    rght: int
    actions: frozenset[str]

    def covers(self, page: AbstractPage) -> bool:
        inside: bool = page.tree_id == self.tree_id and self.lft <= page.lft and page.rght <= self.rght
        return inside

    def condition(self, prefix: str) -> Q:
        """Return the condition that picks the pages of the subtree."""
        return Q(**{f"{prefix}tree_id": self.tree_id, f"{prefix}lft__gte": self.lft, f"{prefix}rght__lte": self.rght})


def _confinement(actor: Actor) -> list[_Grant]:
    """Return the subtrees that the agent who acts keeps to; read once for each actor."""
    if "agent_subtrees" not in actor.memo:
        wanted = actor.agent.subtrees if actor.agent is not None else None
        rows = get_page_model().objects.non_polymorphic().filter(pk__in=wanted or ()).order_by()
        actor.memo["agent_subtrees"] = [
            _Grant(tree_id, lft, rght, frozenset()) for tree_id, lft, rght in rows.values_list("tree_id", "lft", "rght")
        ]
    found: list[_Grant] = actor.memo["agent_subtrees"]
    return found


def group_names(actor: Actor) -> frozenset[str]:
    """Return the names of the actor's groups; read once for each actor, with what the groups may do."""
    _grants(actor)
    names: frozenset[str] = actor.memo["group_names"]
    return names


_PLACE = ("tree_id", "lft", "rght", "deleted_at")
_GRANT = tuple(f"page_permissions__{name}" for name in (*(f"page__{name}" for name in _PLACE), *_FLAGS.values()))


def grant_rows(user: Any) -> models.QuerySet[Group, tuple[Any, ...]]:
    """Return a query for the groups of a user (a key, or a marker for one) and what they are granted, for remember_grants()."""
    return Group.objects.filter(user=user).order_by().values_list("name", *_GRANT)


def remember_grants(actor: Actor, rows: Iterable[Any]) -> bool:
    """Take what :func:`grant_rows` found, so that nothing asks for it again; return whether any page is granted."""
    actor.memo["group_names"], actor.memo["page_grants"] = _read(rows)
    return bool(actor.memo["page_grants"])


def _grants(actor: Actor) -> list[_Grant]:
    """Return the subtrees granted to the actor's groups; read once for each actor."""
    if "page_grants" not in actor.memo:
        remember_grants(
            actor, grant_rows(actor.account) if actor.account is not None and actor.is_authenticated else ()
        )
    grants: list[_Grant] = actor.memo["page_grants"]
    return grants


def _read(rows: Iterable[Any]) -> tuple[frozenset[str], list[_Grant]]:
    names, grants = set(), []
    for name, tree_id, lft, rght, deleted_at, *flags in rows:
        names.add(name)
        # A group without any, or a page in the bin.
        if tree_id is not None and deleted_at is None:
            given = frozenset(action for action, granted in zip(_FLAGS, flags, strict=True) if granted)
            grants.append(_Grant(tree_id, lft, rght, given))
    return frozenset(names), grants


class PagePolicy(PermissionPolicy[Any]):
    """Decide for pages.

    A grant of any kind in a subtree lets the group read its drafts. ``add`` is asked of the parent. Owners read and edit
    their own pages; they publish, delete and restore only types that say ``owner_may_publish``. Page types may grant more
    (``ai_cms.pages.type_rights``). ``propose`` is for who may change a page, and asks less of a token. An agent that keeps to
    some pages sees and changes nothing outside of them.
    """

    scopes = {
        **PermissionPolicy.scopes,
        "propose": "propose",
        "propose_add": "propose",
        "restore": "write",
        "use_raw_html": "write",
        "purge": "admin",
    }
    confined = None

    def _model_permission(self, actor: Actor, action: str) -> bool:
        meta = get_page_model()._meta
        codename = {"purge": "delete", "restore": "delete"}.get(action, action)
        return actor.has_perm(f"{meta.app_label}.{codename}_{'page' if codename == 'publish' else meta.model_name}")

    def decide(self, actor: Actor, action: str, obj: AbstractPage | None) -> bool:
        if not actor.is_authenticated:
            return False
        # Asked of programs, about the same rights of their users.
        action = {"propose": "change", "propose_add": "add"}.get(action, action)
        if actor.is_confined and obj is not None and not any(part.covers(obj) for part in _confinement(actor)):
            return False
        if actor.is_superuser or (actor.is_confined and actor.user.is_superuser):
            return True
        # Model permissions are the staff's; an ordinary member with one would pass unnoticed.
        if actor.is_staff:
            if self._model_permission(actor, action):
                return True
            if action == "view" and self._model_permission(actor, "change"):
                return True
        grants = _grants(actor)
        if obj is None:
            if action == "view":
                return True
            return any(action in grant.actions for grant in grants)
        wanted = "delete" if action in ("purge", "restore") else action
        for grant in grants:
            if grant.covers(obj) and (wanted == "view" or wanted in grant.actions):
                return True
        if obj.owner_id is not None and obj.owner_id == actor.user.pk:
            if action in ("view", "change"):
                return True
            if action in ("publish", "delete", "restore") and bool(getattr(real_type(obj), "owner_may_publish", False)):
                return True
        rights = rights_of_type(real_type(obj))
        return rights is not None and rights.grants(actor, action, obj)

    def restrict(self, actor: Actor, queryset: models.QuerySet[AbstractPage]) -> models.QuerySet[AbstractPage]:
        if not actor.is_authenticated:
            return queryset.none()
        return queryset if self.reaches_everything(actor) else queryset.filter(self.reach(actor))

    def reach(self, actor: Actor, prefix: str = "") -> Q:
        """Return the condition that picks the pages the actor's groups and ownership reach; ``prefix`` as in ``"page__"``.

        Of an agent that keeps to some pages, those of them that its owner reaches.
        """
        if actor.is_confined:
            inside = Q(pk__in=())
            for part in _confinement(actor):
                inside |= part.condition(prefix)
            return inside if self._reads_all(actor) else inside & self._own_reach(actor, prefix)
        return self._own_reach(actor, prefix)

    def _own_reach(self, actor: Actor, prefix: str) -> Q:
        where = Q(**{f"{prefix}owner_id": actor.user.pk})
        for grant in _grants(actor):
            if grant.actions:
                where |= grant.condition(prefix)
        for rights in registered_rights():
            granted = rights.reach(actor, prefix)
            where = where if granted is None else where | granted
        return where

    def reaches_everything(self, actor: Actor) -> bool:
        """Return whether the actor reads all pages, by being superuser or by model permission."""
        return not actor.is_confined and self._reads_all(actor)

    def _reads_all(self, actor: Actor) -> bool:
        if getattr(actor.user, "is_superuser", False) or actor.is_system:
            return True
        return actor.is_staff and (self._model_permission(actor, "view") or self._model_permission(actor, "change"))


class OfPagePolicy(PermissionPolicy[Any]):
    """Decide for rows that belong to a page, as the page's policy does for the page."""

    scopes = {**PermissionPolicy.scopes, "accept": "write", "reject": "write"}
    confined = None
    #: The page action that each action on the row asks for.
    page_actions = {
        "view": "view",
        "add": "change",
        "change": "change",
        "delete": "change",
        "accept": "change",
        "reject": "change",
    }

    def __init__(self, pages: PagePolicy) -> None:
        self.pages = pages

    def decide(self, actor: Actor, action: str, obj: Any | None) -> bool:
        page_action = self.page_actions.get(action)
        if page_action is None:
            return False
        return self.pages.can(actor, page_action, obj.page if obj is not None else None)

    def restrict(self, actor: Actor, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not actor.is_authenticated:
            return queryset.none()
        queryset = queryset.filter(page__deleted_at=None)
        return queryset if self.pages.reaches_everything(actor) else queryset.filter(self.pages.reach(actor, "page__"))


class ProposalPolicy(OfPagePolicy):
    """Decide for proposals: suggesting asks less of a token than writing."""

    scopes = {**OfPagePolicy.scopes, "add": "propose"}
    page_actions = {**OfPagePolicy.page_actions, "add": "propose"}


class TreeWorkPolicy(PermissionPolicy[Any]):
    """Whoever asked for long work sees how far it is and may cancel it; superusers see all."""

    scopes = {**PermissionPolicy.scopes, "cancel": "write"}

    def decide(self, actor: Actor, action: str, obj: TreeWork | None) -> bool:
        if not actor.is_authenticated or action not in ("view", "cancel"):
            return False
        return actor.is_superuser or obj is None or (obj.user_id is not None and obj.user_id == actor.user.pk)

    def restrict(self, actor: Actor, queryset: models.QuerySet[TreeWork]) -> models.QuerySet[TreeWork]:
        if actor.is_superuser:
            return queryset
        return queryset.filter(user_id=actor.user.pk) if actor.account is not None else queryset.none()


class TemplatePolicy(PermissionPolicy[Any]):
    """Editors (whoever may add pages somewhere) read and use templates; owners and staff with model permission change them."""

    def __init__(self, pages: PagePolicy) -> None:
        self.pages = pages

    def decide(self, actor: Actor, action: str, obj: AbstractTemplate | None) -> bool:
        if not actor.is_authenticated:
            return False
        meta = get_template_model()._meta
        if actor.is_superuser or (actor.is_staff and actor.has_perm(f"{meta.app_label}.{action}_{meta.model_name}")):
            return True
        if obj is not None and obj.owner_id is not None and obj.owner_id == actor.user.pk:
            return action in ("view", "change", "delete")
        return action in ("view", "add") and self.pages.can(actor, "add")

    def restrict(self, actor: Actor, queryset: models.QuerySet[AbstractTemplate]) -> models.QuerySet[AbstractTemplate]:
        if self.decide(actor, "view", None):
            return queryset
        return queryset.filter(owner_id=actor.user.pk) if actor.account is not None else queryset.none()


class ModelPermissionPolicy(PermissionPolicy[Any]):
    """Decide by Django's model permissions, for staff only."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        return actor.is_superuser or (actor.is_staff and obj is not None and self._has(actor, type(obj), action))

    def restrict(self, actor: Actor, queryset: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
        if actor.is_superuser or (actor.is_staff and self._has(actor, queryset.model, "view")):
            return queryset
        return queryset.none()

    def _has(self, actor: Actor, model: type[models.Model], action: str) -> bool:
        return actor.has_perm(f"{model._meta.app_label}.{action}_{model._meta.model_name}")


def register_page_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    pages = PagePolicy()
    register_policy(get_page_model(), pages)
    for model in (Element, ElementReference, PageApproval, PreviewLink, Revision, Publication):
        register_policy(model, OfPagePolicy(pages))
    register_policy(Proposal, ProposalPolicy(pages))
    register_policy(get_template_model(), TemplatePolicy(pages))
    register_policy(TreeWork, TreeWorkPolicy())
    for plain in (Redirect, Site, PageGroupPermission):
        register_policy(plain, ModelPermissionPolicy())
