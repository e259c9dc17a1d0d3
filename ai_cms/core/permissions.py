"""Who may do what: one policy a model, asked by every route to an object, refusing what it does not know.

An :class:`Actor` is the user a request, token, agent or command acts for, together with what narrows that user's
rights. A :class:`PermissionPolicy` answers for one model, once for an object (``can``), once for a list (``visible``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, Union

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest

from .exceptions import NotFound, PermissionRefused
from .jsontypes import JsonMapping, JsonObject

__all__ = [
    "SCOPES",
    "Actor",
    "ActorLike",
    "AgentLimits",
    "PermissionPolicy",
    "UserLike",
    "get_policy",
    "policy_for",
    "reach_of",
    "register_policy",
    "scopes_up_to",
]

M = TypeVar("M", bound=models.Model)

#: Whoever ``request.user`` may be: of whatever user model the host has.
UserLike: TypeAlias = AbstractBaseUser | AnonymousUser

#: Whoever may be named as an actor: one, or a user with all of the user's rights; ``None`` is anonymous.
ActorLike: TypeAlias = Union["Actor", UserLike, None]

#: The scopes of API tokens, from the narrowest to the widest; each includes all before it, everywhere (:func:`scopes_up_to`).
#: A scope never grants anything; lacking it takes away. ``propose`` suggests what a person then decides on; ``admin`` is needed
#: for what only staff may do.
SCOPES = ("read", "propose", "write", "publish", "admin")


def scopes_up_to(scope: str) -> tuple[str, ...]:
    """Return a scope with all that are narrower. Raises ValueError for an unknown one."""
    return SCOPES[: SCOPES.index(scope) + 1]


def reach_of(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return all that the widest of ``scopes`` includes; what is no scope reaches nothing."""
    known = [scope for scope in SCOPES if scope in set(scopes)]
    return scopes_up_to(known[-1]) if known else ()


@dataclass(frozen=True)
class AgentLimits:
    """What an agent keeps to, beside the rights of its owner.

    ``pk``: of its account. ``subtrees``: the pages that it may see and change, with all below them, ``None`` for all that the
    owner may. ``block_types``: the types of blocks that it may write, ``None`` for all.
    """

    pk: int
    subtrees: frozenset[int] | None = None
    block_types: frozenset[str] | None = None

    def to_json(self) -> JsonObject:
        """Return the limits as JSON values, for work that goes on after the request."""
        listed = {
            name: None if (found := getattr(self, name)) is None else sorted(found)
            for name in ("subtrees", "block_types")
        }
        return {"pk": self.pk, **listed}

    @classmethod
    def from_json(cls, value: JsonMapping) -> AgentLimits:
        """Return what :meth:`to_json` wrote."""
        subtrees, types = value["subtrees"], value["block_types"]
        return cls(
            value["pk"],
            None if subtrees is None else frozenset(subtrees),
            None if types is None else frozenset(types),
        )


@dataclass(frozen=True)
class Actor:
    """Who acts.

    ``user``: the user whose rights count (an AnonymousUser for anonymous visitors). ``scopes``: ``None`` for no narrowing, else
    the scopes that are left, of which the widest counts. ``via``: "session", "token", "agent", "command" or "system".
    ``label``: an agent's or command's name for histories. ``agent``: what the agent that acts for the user keeps to.
    ``token_id``: the key of the API token that the request came with.
    """

    user: Any
    scopes: frozenset[str] | None = None
    via: str = "session"
    label: str = ""
    is_system: bool = False
    agent: AgentLimits | None = None
    token_id: int | None = None
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
        scopes = getattr(auth, "effective_scopes", getattr(auth, "scopes", None))
        narrowed = None if scopes is None else frozenset(scopes)
        if cached is not None and cached.user is user and cached.scopes == narrowed:
            return cached
        agent: AgentLimits | None = getattr(auth, "agent_limits", None)
        via = "session" if auth is None else "token" if agent is None else "agent"
        label = "" if agent is None else str(getattr(auth, "agent_label", ""))
        token_id = None if scopes is None else getattr(auth, "pk", None)
        actor = cls(user=user, scopes=narrowed, via=via, label=label, agent=agent, token_id=token_id)
        django_request._ai_cms_actor = actor
        return actor

    @property
    def agent_id(self) -> int | None:
        """The key of the account of the agent that acts; ``None`` for people."""
        return None if self.agent is None else self.agent.pk

    @property
    def is_authenticated(self) -> bool:
        return self.is_system or bool(getattr(self.user, "is_authenticated", False) and self.user.is_active)

    @property
    def account(self) -> Any:
        """The user to store as author or owner; ``None`` for anonymous visitors and the system."""
        return self.user if getattr(self.user, "pk", None) is not None else None

    @property
    def is_superuser(self) -> bool:
        """Whether everything is allowed; never to an agent that keeps to some pages."""
        if self.is_confined:
            return False
        return self.is_system or bool(self.is_authenticated and getattr(self.user, "is_superuser", False))

    @property
    def is_confined(self) -> bool:
        """Whether an agent acts that keeps to some pages."""
        return self.agent is not None and self.agent.subtrees is not None

    @property
    def is_staff(self) -> bool:
        return self.is_system or bool(self.is_authenticated and getattr(self.user, "is_staff", False))

    def has_scope(self, scope: str) -> bool:
        """Return whether the actor's token, if there is one, reaches as far as ``scope``."""
        return self.is_system or self.scopes is None or scope in reach_of(self.scopes)

    def has_perm(self, permission: str) -> bool:
        """Return whether the user has a Django permission such as ``"ai_cms_pages.publish_page"``."""
        return self.is_system or bool(self.is_authenticated and self.user.has_perm(permission))


class PermissionPolicy(Generic[M]):
    """Decide for one model.

    Subclasses override :meth:`decide` and :meth:`restrict`; the base refuses everything. ``scopes`` names the token
    scope that each action needs; an action that is not listed needs ``admin``. ``confined``: what an agent that keeps to
    some pages may do to rows of this model, which stand below no page; ``None``: :meth:`decide` knows where they stand.
    """

    confined: ClassVar[frozenset[str] | None] = frozenset({"view"})

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
        if who.is_confined and self.confined is not None and action not in self.confined:
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
