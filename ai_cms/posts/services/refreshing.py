"""Published posts follow when what they name changes: a category, a tag, a picture, an author."""

from __future__ import annotations

from collections.abc import Iterable

from ai_cms.pages.models import Publication, PublicationFacet
from ai_cms.pages.services import refresh_public_fields

from .. import get_post_model

__all__ = ["published_with", "refresh_posts"]


def published_with(facet: str, value: str, *, locale: str = "") -> list[int]:
    """Return the keys of the publications of posts that have a facet."""
    rows = Publication.objects.filter(type=get_post_model().type_name())
    if locale:
        rows = rows.filter(locale=locale)
    named = PublicationFacet.objects.filter(name=facet, value=value)
    return list(rows.filter(pk__in=named.values("publication_id")).order_by("pk").values_list("pk", flat=True))


def refresh_posts(publications: Iterable[int]) -> int:
    """Write anew what publications say of their posts beside the text; the text stays as published. Returns how many.

    In the transaction of the caller, who changed what they name.
    """
    return refresh_public_fields(publications)
