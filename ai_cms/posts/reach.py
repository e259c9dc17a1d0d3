"""Whose drafts a person reads, by one query for all that decides about it."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, CharField, DateTimeField, IntegerField, QuerySet, Value

from ai_cms.core.permissions import Actor
from ai_cms.pages.addresses import host_names
from ai_cms.pages.models import Site
from ai_cms.pages.permissions import grant_rows, remember_grants
from ai_cms.pages.prepared import Markers, PreparedQuery
from ai_cms.pages.routing import key_of_site
from ai_cms.pages.type_rights import registered_rights, rights_of_type

from . import get_post_model
from .permissions import PostRights
from .querysets import coauthored_by

__all__ = ["FEW", "Reach", "reach_of"]

#: So many keys may stand in a query.
FEW = 500
#: What the keys of users may be; others are asked for as ever.
KEYS = (int, UUID, str)


class Reach(NamedTuple):
    """The keys of the posts whose drafts somebody reads, ``None`` where more has to be asked for that; and where the site of the
    host stands: its key and generation, ``None`` where it was not read.
    """

    own: list[Any] | None = None
    state: tuple[Any, Any] | None = None


def reach_of(actor: Actor, host: str) -> Reach:
    """Return the posts whose drafts ``actor`` reads by being their owner or a further author.

    More may decide about them: rights of staff or a superuser, pages granted to a group, an agent that keeps to some pages,
    rights that another app gives; or they are many. What was read is remembered for the actor either way.
    """
    account = actor.account
    if account is None or actor.is_confined or actor.is_staff or actor.is_superuser or not isinstance(account.pk, KEYS):
        return Reach()
    if "page_grants" in actor.memo or not host:
        return Reach()
    name, bare = host_names(host)
    key: Any = type(account.pk)
    rows = _reading(key).rows(user=account.pk, name=name, bare=bare)
    granted = remember_grants(actor, [row[1:] for row in rows if row[0] == "group"])
    further = actor.memo["posts_coauthored"] = {row[2] for row in rows if row[0] == "coauthored"}
    mine = {row[2] for row in rows if row[0] == "owned"} | further
    state = next(((row[2], row[3]) for row in rows if row[0] == "site"), None)
    return Reach(None if granted or len(mine) > FEW or _others_say(actor) else sorted(mine), state)


def _others_say(actor: Actor) -> bool:
    own = rights_of_type(get_post_model())
    if type(own) is not PostRights:
        return True
    return any(rights.reach(actor) is not None for rights in registered_rights() if rights is not own)


@cache
def _reading(key: type) -> PreparedQuery:
    """Return the query for all that decides; ``key``: the type of the keys of users."""

    def make(mark: Markers) -> QuerySet[Any, tuple[Any, ...]]:
        user = mark.like("user", key)
        groups: Any = grant_rows(user)
        names = groups.query.values_select
        posts = get_post_model()._base_manager
        owned = posts.filter(owner_id=user, deleted_at=None).order_by().values("pk")[: FEW + 1]
        kinds: QuerySet[Any, tuple[Any, ...]] = groups.annotate(kind=Value("group", CharField())).values_list(
            "kind", *names
        )
        site = Site.objects.filter(pk__in=key_of_site(mark.text("name"), mark.text("bare"))).order_by()
        # Side by side, the groups first: a database takes the types of the columns from them.
        return kinds.union(
            _keys("site", site, "pk", "generation"),
            _keys("coauthored", coauthored_by(user), "key"),
            _keys("owned", posts.filter(pk__in=owned).order_by(), "pk"),
            all=True,
        )

    return PreparedQuery(make)


def _keys(kind: str, rows: Any, key: str, number: str = "no_lft") -> Any:
    """Return keys in the columns of the groups: the kind, a name, the key where they have a tree, and a number."""
    columns = {
        "of_kind": Value(kind, CharField()),
        "no_name": Value("", CharField()),
        "no_lft": Value(None, IntegerField()),
        "no_rght": Value(None, IntegerField()),
        "no_date": Value(None, DateTimeField()),
        **{f"no_flag{number}": Value(False, BooleanField()) for number in range(4)},
    }
    first, second, _third, *rest = columns
    return rows.annotate(**columns).values_list(first, second, key, number, *rest)
