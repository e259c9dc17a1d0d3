"""Tell the fast lane what public answers are made of, and when pages expire."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from ai_cms.core.lane import expires, watch

from .models import Publication, PublicationFacet, Redirect, Site

__all__ = ["next_page_expiry"]


def next_page_expiry(now: datetime) -> datetime | None:
    """Return when the next published page expires after ``now``."""
    found: datetime | None = Publication.objects.filter(active=True, expire_at__gt=now).aggregate(
        first=Min("expire_at")
    )["first"]
    return found


expires(next_page_expiry)
watch(lambda: Site)
# Of the stored HTML its key is looked at, which is made of the rest.
watch(lambda: Publication, ignore=("html", "html_key", "search_title", "search_text", "search_config"))
watch(lambda: PublicationFacet)
watch(lambda: Redirect)
