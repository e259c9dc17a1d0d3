"""Posts to read on with: those that share tags and categories, and the parts of a series. One query each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Q, Sum, Value, When
from django.utils import timezone

from ai_cms.pages.addresses import public_url

from .records import PostTerm

__all__ = ["Linked", "related_posts", "series_parts"]

#: What a shared tag and a shared category are worth; tags say more.
_TAG, _CATEGORY = 3, 1
MAX_PARTS = 100
_TO = "record__page__publication__"


@dataclass(frozen=True, slots=True)
class Linked:
    """A published post as a link."""

    pk: int
    title: str
    path: str
    published: datetime

    @property
    def url(self) -> str:
        return public_url(self.path)


def _public(site_id: int) -> Q:
    now = timezone.now()
    seen = Q(**{f"{_TO}expire_at": None}) | Q(**{f"{_TO}expire_at__gt": now})
    return seen & Q(**{f"{_TO}active": True, f"{_TO}site_id": site_id})


def related_posts(
    *, site_id: int, page_id: int | None, tags: Iterable[object], categories: Iterable[object], limit: int
) -> list[Linked]:
    """Return published posts that share the most with a post, the newest of equals first. ``tags``, ``categories``: keys."""
    shared = Q(kind="tag", value__in=list(map(str, tags))) | Q(kind="category", value__in=list(map(str, categories)))
    worth = Sum(Case(When(kind="tag", then=Value(_TAG)), default=Value(_CATEGORY)))
    rows = (
        PostTerm.objects.filter(shared, _public(site_id))
        .exclude(record_id=page_id)
        .values_list("record_id", f"{_TO}title", f"{_TO}path", "published_at")
        .annotate(worth=worth)
        .order_by("-worth", "-published_at", "-record_id")
    )
    return [Linked(*row[:4]) for row in rows[:limit]]


def series_parts(*, site_id: int, series: str, page_type: Any) -> list[Linked]:
    """Return the published parts of a series in order: by their part where they have one, then by date."""
    rows = (
        PostTerm.objects.filter(_public(site_id), kind="series", value=series)
        .values_list("record_id", f"{_TO}title", f"{_TO}path", "published_at")
        .order_by("published_at", "record_id")
    )
    found = [Linked(*row) for row in rows[:MAX_PARTS]]
    keys = [part.pk for part in found]
    # As they are filed now: a part's number is nothing that its readers see.
    positions = dict(page_type.all_objects.non_polymorphic().filter(pk__in=keys).values_list("pk", "series_position"))
    return sorted(found, key=lambda part: (positions.get(part.pk) is None, positions.get(part.pk) or 0))
