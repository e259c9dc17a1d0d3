"""Who may do what: one policy a model, asked by every route to an object, refusing what it does not know.

An :class:`Actor` is the user a request, token, agent or command acts for, together with what narrows that user's
rights. A :class:`PermissionPolicy` answers for one model, once for an object (``can``), once for a list (``visible``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, Union

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest

from .exceptions import NotFound, PermissionRefused

__all__ = [
    "SCOPES",
    "Actor",
    "ActorLike",
    "PermissionPolicy",
    "UserLike",
    "get_policy",
    "policy_for",
    "register_policy",
]

M = TypeVar("M", bound=models.Model)

#: Whoever ``request.user`` may be: of whatever user model the host has.
UserLike: TypeAlias = AbstractBaseUser | AnonymousUser

#: Whoever may be named as an actor: one, or a user with all of the user's rights; ``None`` is anonymous.
ActorLike: TypeAlias = Union["Actor", UserLike, None]

#: The scopes of API tokens. A scope never grants anything; lacking it takes away. ``admin`` is needed for what only
#: staff may do; ``write``, ``publish`` and ``admin`` include ``read``.
SCOPES = ("read", "write", "publish", "admin")


@dataclass(frozen=True)
class Actor:
    """Who acts.

    ``user``: the user whose rights count (an AnonymousUser for anonymous visitors). ``scopes``: ``None`` for no narrowing, else
    the scopes that are left. ``via``: "session", "token", "agent", "command" or "system". ``label``: an agent's or
    command's name for histories.
    """

    user: Any
    scopes: frozenset[str] | None = None
    via: str = "session"
    label: str = ""
    is_system: bool = False
    # Policies remember what they read for this actor here (subtree grants), so that a request asks once.
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def system(cls, label: str = "") -> Actor:
        """Return an actor that may do everything: for commands and importers run by whoever has the shell."""
        return cls(user=AnonymousUser(), via="system", label=label, is_system=True)

    @classmethod
    def anonymous(cls) -> Actor:
        return cls(user=AnonymousUser())

    @classmethod
    def of(cls, user: ActorLike) -> Actor:
        """Return ``user`` itself if it is an actor already, else an actor with all of the user's rights."""
        if isinstance(user, Actor):
            return user
        return cls(user=user if user is not None else AnonymousUser())

    @classmethod
    def from_request(cls, request: HttpRequest) -> Actor:
        """Return the actor of a request; made once, so that what policies remember lasts for the request."""
        django_request: Any = getattr(request, "_request", request)
        # The user is compared because authentication may run after middleware asked for the actor.
        cached: Actor | None = getattr(django_request, "_ai_cms_actor", None)
        user = getattr(request, "user", None) or AnonymousUser()
        auth = getattr(request, "auth", None)
        scopes = getattr(auth, "scopes", None)
        narrowed = None if scopes is None else frozenset(scopes)
        if cached is not None and cached.user is user and cached.scopes == narrowed:
            return cached
        actor = cls(user=user, scopes=narrowed, via="session" if auth is None else "token")
        django_request._ai_cms_actor = actor
        return actor

    @property
    def is_authenticated(self) -> bool:
        return self.is_system or bool(getattr(self.user, "is_authenticated", False) and self.user.is_active)

    @property
    def account(self) -> Any:
        """The user to store as author or owner; ``None`` for anonymous visitors and the system."""
        return self.user if getattr(self.user, "pk", None) is not None else None

    @property
    def is_superuser(self) -> bool:
        return self.is_system or bool(self.is_authenticated and getattr(self.user, "is_superuser", False))

    @property
    def is_staff(self) -> bool:
        return self.is_system or bool(self.is_authenticated and getattr(self.user, "is_staff", False))

    def has_scope(self, scope: str) -> bool:
        """Return whether the actor's token, if there is one, reaches as far as ``scope``."""
        if self.is_system or self.scopes is None or scope in self.scopes:
            return True
        return scope == "read" and bool(self.scopes)

    def has_perm(self, permission: str) -> bool:
        """Return whether the user has a Django permission such as ``"ai_cms_pages.publish_page"``."""
        return self.is_system or bool(self.is_authenticated and self.user.has_perm(permission))


class PermissionPolicy(Generic[M]):
    """Decide for one model.

    Subclasses override :meth:`decide` and :meth:`restrict`; the base refuses everything. ``scopes`` names the token
    scope that each action needs; an action that is not listed needs ``admin``.
    """

    scopes: ClassVar[Mapping[str, str]] = {
        "view": "read",
        "add": "write",
        "change": "write",
        "delete": "write",
        "publish": "publish",
    }

    def can(self, actor: ActorLike, action: str, obj: M | None = None) -> bool:
        """Return whether ``actor`` may do ``action``, to ``obj`` or (``None``) at all."""
        who = Actor.of(actor)
        if who.is_system:
            return True
        if not who.has_scope(self.scopes.get(action, "admin")):
            return False
        return self.decide(who, action, obj)

    def visible(self, actor: ActorLike, queryset: models.QuerySet[M]) -> models.QuerySet[M]:
        """Return the rows of ``queryset`` that ``actor`` may view."""
        who = Actor.of(actor)
        if who.is_system:
            return queryset
        return self.restrict(who, queryset) if who.has_scope("read") else queryset.none()

    def require(self, actor: ActorLike, action: str, obj: M | None = None) -> None:
        """Raise NotFound if the actor may not even view ``obj``, PermissionRefused if only ``action`` is refused."""
        if self.can(actor, action, obj):
            return
        if obj is not None and not self.can(actor, "view", obj):
            raise NotFound
        raise PermissionRefused

    def decide(self, actor: Actor, action: str, obj: M | None) -> bool:
        return False

    def restrict(self, actor: Actor, queryset: models.QuerySet[M]) -> models.QuerySet[M]:
        return queryset.none()


_policies: dict[type[models.Model], PermissionPolicy[Any]] = {}
_refuse_all: PermissionPolicy[Any] = PermissionPolicy()


def register_policy(model: type[models.Model], policy: PermissionPolicy[Any]) -> None:
    """Make ``policy`` answer for ``model`` and its subclasses; a later call replaces the earlier."""
    _policies[model] = policy


def get_policy(model: type[models.Model]) -> PermissionPolicy[Any]:
    """Return the policy of ``model`` or of its nearest base class; one that refuses everything if there is none."""
    for base in model.__mro__:
        if base in _policies:
            return _policies[base]
    return _refuse_all


def policy_for(obj: models.Model) -> PermissionPolicy[Any]:
    """Return the policy that answers for ``obj``."""
    return get_policy(type(obj))
