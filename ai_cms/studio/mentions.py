"""People by their handles: what stands after the ``@`` of a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.core.users import has_user_field, public_name, public_user_name
from ai_cms.pages.models import AbstractPage

__all__ = ["MOST_MENTIONS", "handle_of", "handles_in", "mentioned", "person_json", "suggested"]

#: More than these are nobody's honest wish.
MOST_MENTIONS = 20
#: So many people are looked at to suggest a few: who may not read the page is left out one by one.
_MOST_ASKED = 60
#: Not in the middle of a word, as in an e-mail address.
_HANDLE = re.compile(r"(?<![\w@.])@([\w][\w.+-]{0,149})")


def handle_of(user: Any) -> str:
    """Return what mentions a user: the user name where no two share one, else the slug."""
    if has_user_field("slug") and not _unique_user_name():
        return str(user.slug)
    return str(user.get_username()) if "@" not in user.get_username() else public_user_name(user)


def _unique_user_name() -> bool:
    return has_user_field("username") and bool(get_user_model()._meta.get_field("username").unique)


def handles_in(text: str) -> list[str]:
    """Return the handles of a text in order, each once: of "Hello @ada, @grace." ada and grace."""
    found = (match.rstrip(".-+") for match in _HANDLE.findall(text))
    return list(dict.fromkeys(found))[:MOST_MENTIONS]


def mentioned(text: str, page: AbstractPage) -> tuple[list[Any], list[str]]:
    """Return the users whom a text mentions and who may read the draft of ``page``, and the handles that name nobody such.

    Whether there is a user of that name who may not is not told.
    """
    handles = handles_in(text)
    if not handles:
        return [], []
    names = [name for name in ("username", "slug") if has_user_field(name)] or [get_user_model().USERNAME_FIELD]
    where = Q()
    for handle in handles:
        for name in names:
            where |= Q(**{f"{name}__iexact": handle})
    by_handle: dict[str, list[Any]] = {}
    for user in get_user_model()._default_manager.filter(where, is_active=True):
        for key in {str(getattr(user, name)).casefold() for name in names}:
            by_handle.setdefault(key, []).append(user)
    users, unknown = [], []
    for handle in handles:
        found = by_handle.get(handle.casefold(), [])
        # Two of one name: nobody knows which is meant.
        if len(found) == 1 and policy_for(page).can(Actor.of(found[0]), "view", page):
            users.append(found[0])
        else:
            unknown.append(handle)
    return list(dict.fromkeys(users)), unknown


def suggested(text: str, page: AbstractPage, *, limit: int = 8) -> list[JsonObject]:
    """Return people who may read the draft of ``page`` and whose name begins like ``text``, as :func:`person_json`."""
    names = [name for name in ("username", "slug", "name", "first_name", "last_name") if has_user_field(name)]
    where = Q()
    for name in names:
        where |= Q(**{f"{name}__istartswith": text})
    rows = get_user_model()._default_manager.filter(where if text else Q(), is_active=True).order_by("pk")
    readers = (user for user in rows[:_MOST_ASKED] if policy_for(page).can(Actor.of(user), "view", page))
    return [person_json(user) for user, _number in zip(readers, range(limit), strict=False)]


def person_json(user: Any) -> JsonObject:
    """Return ``{"id", "handle", "name", "initials"}`` of a user; of nobody, empty texts."""
    if user is None:
        return {"id": None, "handle": "", "name": "", "initials": "?"}
    name = public_name(user)
    return {
        "id": user.pk if isinstance(user.pk, int) else str(user.pk),
        "handle": handle_of(user),
        "name": name,
        "initials": initials(name),
    }


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words: Iterable[str] = re.findall(r"\w+", name) or ["?"]
    parts = list(words)
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()
