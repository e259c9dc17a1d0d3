"""Make a feed's document of a list of posts."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.rendering.render import render_blocks
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.addresses import public_url
from ai_cms.pages.rendering import ORIGIN, neutral_request, templates_digest

from .. import get_post_model
from ..archives import Archive, Card, archive_url
from ..conf import posts_settings
from . import atom, json_feed, rss
from .content import feed_html
from .entries import Author, Entry, FeedInfo

__all__ = ["FORMATS", "archive_title", "build_feed"]

FORMATS = {"rss": rss, "atom": atom, "json": json_feed}
_NAMESPACE = uuid.UUID("0d9a6c52-52f4-5b0e-8d0e-7f6d1a2b9b11")
#: How long a rendered post is kept; it is thrown away before when it changes.
_KEPT_SECONDS = 7 * 86_400
#: The date of a feed that nothing was ever in.
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def build_feed(archive: Archive, format: str, origin: str) -> str:
    """Return the document of an archive's feed, with addresses at ``origin``. One query."""
    whole = posts_settings.FEED_FULL_TEXT
    cards = archive.cards(limit=posts_settings.FEED_ENTRIES, content=whole)
    texts = _texts(cards, origin) if whole else {}
    entries = [_entry(card, texts.get(card.pk, ""), origin) for card in cards]
    with translation.override(archive.site.locale if translation.check_for_language(archive.site.locale) else None):
        feed = FeedInfo(
            uid=_feed_uid(archive),
            title=archive_title(archive),
            home=origin + archive.url,
            url=origin + archive.feed_url(format),
            # Of what is in it, not of the moment it was asked for.
            updated=max((entry.updated for entry in entries), default=_NEVER),
            description=archive.description,
            language=archive.site.locale,
            hub=posts_settings.WEBSUB_HUB,
        )
    return str(FORMATS[format].render(feed, entries))


def archive_title(archive: Archive) -> str:
    """Return what a feed is called: the site's name, and what the list is of."""
    name = archive.site.name
    if archive.kind == "all" or not archive.feed_is_own:
        return name
    return _("%(list)s · %(site)s") % {"list": archive.name, "site": name}


def _feed_uid(archive: Archive) -> uuid.UUID:
    # Of keys, so that neither another domain nor another name makes another feed of it.
    return uuid.uuid5(_NAMESPACE, f"{archive.site.root_id}:{archive.kind}:{archive.value}")


def _entry(card: Card, html: str, origin: str) -> Entry:
    return Entry(
        uid=card.uid,
        url=origin + card.url,
        title=card.title,
        published=card.published,
        updated=max(card.updated, card.published),
        summary=card.excerpt,
        html=html,
        authors=tuple(_author(author, origin) for author in card.authors),
        categories=tuple(dict.fromkeys([*(found["name"] for found in card.categories), *card.tags])),
        image=_whole(str((card.picture or {}).get("src") or ""), origin),
        language=card.locale,
    )


def _author(author: JsonObject, origin: str) -> Author:
    slug = author.get("slug")
    return Author(author["name"], origin + archive_url("author", slug) if slug else "")


def _whole(address: str, origin: str) -> str:
    return f"{origin}{address}" if address.startswith("/") and not address.startswith("//") else address


def _texts(cards: Sequence[Card], origin: str) -> dict[int, str]:
    """Return the whole texts by the page's key; what was rendered before for the same version comes from the cache."""
    keys = {card.pk: _text_key(card) for card in cards}
    known = cache.get_many(keys.values())
    fresh: dict[str, str] = {}
    for card in cards:
        if keys[card.pk] not in known:
            fresh[keys[card.pk]] = _render(card)
    if fresh:
        cache.set_many(fresh, _KEPT_SECONDS)
    return {pk: (known.get(key) or fresh.get(key) or "").replace(ORIGIN, origin) for pk, key in keys.items()}


def _text_key(card: Card) -> str:
    parts = (card.pk, card.version, card.modified, card.path, card.locale, templates_digest())
    return f"ai_cms_posts.text.{hashlib.sha256(repr(parts).encode()).hexdigest()[:40]}"


def _render(card: Card) -> str:
    """Return a post's blocks as HTML with whole addresses, at an origin that stands for the visitor's."""
    model: Any = get_post_model()
    page = model(title=card.title, locale=card.locale, path=card.path)
    page.pk = card.pk
    with translation.override(card.locale if translation.check_for_language(card.locale) else None):
        html = render_blocks(Document(card.content or []), request=neutral_request(card.path), page=page)
    return feed_html(str(html), f"{ORIGIN}{public_url(card.path)}")
