"""Say which feeds a published or withdrawn post changes, for the hub."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch

from .archives import feed_url
from .authors import author_slug
from .conf import posts_settings
from .websub import announce

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["announce_posts"]

_FORMATS = ("rss", "atom", "json")


def announce_posts(pages: Iterable[AbstractPage], *, using: str) -> None:
    """Announce the feeds that ``pages``, posts of any sites, stand in; nothing without a hub."""
    if not posts_settings.WEBSUB_HUB:
        return
    own: dict[str, None] = {}
    further: dict[str, None] = {}
    for page in pages:
        origin = f"{posts_settings.FEED_SCHEME}://{page.site.hostname}"
        facts = page.public_facts()
        lists = [("category", row.slug) for row in (*facts.categories, *facts.above)]
        lists += [("tag", row.slug) for row in facts.tags]
        lists += [("author", author_slug(user)) for user in facts.authors()]
        try:
            own.update(dict.fromkeys(origin + feed_url(format) for format in _FORMATS))
            further.update(dict.fromkeys(origin + feed_url("atom", *each) for each in lists))
        except NoReverseMatch:
            # Feeds are not mounted.
            return
    announce([*own, *further], using=using)
