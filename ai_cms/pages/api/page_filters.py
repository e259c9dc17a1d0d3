"""What the list of pages can be filtered, searched and ordered by; nothing else is."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import PageStatus
from ai_cms.pages.querysets import PageQuerySet, status_condition
from ai_cms.pages.services import resolve_page_type

from .fields import MAX_ID
from .messages import no_such_page

__all__ = ["LIST_PARAMETERS", "ORDERINGS", "filter_pages", "flag", "id_parameter"]

ORDERINGS = ("title", "slug", "path", "created_at", "updated_at", "version")
SEARCH_WORDS = 16

LIST_PARAMETERS = [
    OpenApiParameter("type", str, description="A name of /pages/types/."),
    OpenApiParameter("status", str, enum=[value for value in PageStatus.values if value != PageStatus.DELETED]),
    OpenApiParameter("parent", int, description="Only the children of this page."),
    OpenApiParameter("under", int, description="Only what is below this page."),
    OpenApiParameter("owner", str, description="A user's id, or me."),
    OpenApiParameter("site", int, description="Only pages of this site."),
    OpenApiParameter("locale", str, description="A language code."),
    OpenApiParameter("search", str, description="Words in the title or slug."),
    OpenApiParameter("deleted", bool, description="Show the bin instead."),
    OpenApiParameter(
        "ordering",
        str,
        description="A field, with - in front for descending: "
        + ", ".join(ORDERINGS)
        + ". Default: the order of the tree.",
    ),
]


def id_parameter(parameters: QueryDict, name: str) -> int | None:
    """Return a parameter that is an id. Raises InvalidInput."""
    raw = parameters.get(name)
    if raw is None or raw == "":
        return None
    if not (raw.isascii() and raw.isdecimal()) or len(raw) > 19 or int(raw) > MAX_ID:
        raise InvalidInput(errors={name: [_("A number is needed.")]})
    return int(raw)


def flag(parameters: QueryDict, name: str) -> bool:
    """Return a parameter that is true or false. Raises InvalidInput."""
    raw = parameters.get(name, "").lower()
    if raw in ("", "0", "false"):
        return False
    if raw in ("1", "true"):
        return True
    raise InvalidInput(errors={name: [_("Choose true or false.")]})


def filter_pages(rows: PageQuerySet, parameters: QueryDict, actor: Actor) -> PageQuerySet:
    """Return the visible pages ``rows`` as the query asks for them. Raises InvalidInput, naming the parameter."""
    if parameters.get("type"):
        rows = rows.of_type(resolve_page_type(parameters.get("type", "")))
    for name in ("parent", "site"):
        pk = id_parameter(parameters, name)
        if pk is not None:
            rows = rows.filter(**{f"{name}_id": pk})
    under = id_parameter(parameters, "under")
    if under is not None:
        # Looked up among what the actor sees: a hidden page answers as a missing one.
        top = rows.model.objects.visible_to(actor).non_polymorphic().filter(pk=under).order_by().first()
        if top is None:
            raise InvalidInput(errors={"under": [no_such_page()]})
        rows = rows.below(top)
    if parameters.get("owner"):
        rows = rows.filter(owner=_user_key(parameters.get("owner", ""), actor))
    if parameters.get("locale"):
        rows = rows.filter(locale=parameters["locale"])
    if parameters.get("status"):
        rows = rows.filter(_status(parameters.get("status", "")))
    words = parameters.get("search", "").split()
    if len(words) > SEARCH_WORDS:
        raise InvalidInput(errors={"search": [_("At most %(limit)d words.") % {"limit": SEARCH_WORDS}]})
    for word in words:
        rows = rows.filter(Q(title__icontains=word) | Q(slug__icontains=word))
    return rows.order_by(*_ordering(parameters.get("ordering", "")))


def _user_key(raw: str, actor: Actor) -> Any:
    if raw == "me":
        return actor.user.pk
    key: Any = get_user_model()._meta.pk
    try:
        value = key.to_python(raw)
        # An integer column of the database holds no more.
        if isinstance(value, int) and not 0 <= value <= MAX_ID:
            raise ValueError
    except (ValidationError, ValueError, OverflowError) as error:
        raise InvalidInput(errors={"owner": [_("This is not the id of a user.")]}) from error
    return value


def _status(raw: str) -> Q:
    found = status_condition(raw)
    if found is None:
        names = ", ".join(value for value in PageStatus.values if value != PageStatus.DELETED)
        raise InvalidInput(errors={"status": [_("Choose one of: %(names)s.") % {"names": names}]})
    return found


def _ordering(raw: str) -> list[str]:
    if not raw:
        return ["tree_id", "lft"]
    found = []
    for name in raw.split(","):
        bare = name.strip().removeprefix("-")
        if bare not in ORDERINGS:
            raise InvalidInput(errors={"ordering": [_("Choose among: %(names)s.") % {"names": ", ".join(ORDERINGS)}]})
        found.append(("-" if name.strip().startswith("-") else "") + bare)
    # The key at the end makes the order total, so that no row is on two pages of the list.
    return [*found, "pk"]
