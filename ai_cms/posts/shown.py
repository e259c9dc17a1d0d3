"""What the templates of a post and of a blog get beside the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import TemplateContext

from .archives import Archive, archive_url
from .authors import author_json
from .conf import posts_settings
from .reading_time import reading_minutes
from .records import PostRecord
from .related import related_posts, series_parts

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

    from .taxonomy import AbstractCategory, AbstractTag

__all__ = ["Shown", "blog_context", "post_context", "shown_of"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A post's facts. ``published`` and ``updated`` are ``None`` for one that never was public."""

    authors: tuple[JsonObject, ...]
    categories: tuple[AbstractCategory, ...]
    tags: tuple[AbstractTag, ...]
    picture: JsonObject | None
    published: datetime | None
    updated: datetime | None
    minutes: int

    @property
    def was_updated(self) -> bool:
        """Whether its text changed on a later day than the first."""
        return bool(self.published and self.updated and self.updated.date() > self.published.date())


def shown_of(page: AbstractPage) -> Shown:
    """Return the facts of a post as it is given, published or not."""
    facts = page.public_facts()
    record = PostRecord.objects.filter(pk=page.pk).first() if page.pk else None
    authors = [author_json(user) for user in facts.authors()]
    metadata = page.metadata or {}
    named = metadata.get("author")
    if not authors and isinstance(named, str) and named:
        # Somebody without an account here, such as an author of imported posts.
        authors = [{"name": named, "slug": ""}]
    picture = facts.picture()
    if picture is None and isinstance(metadata.get("image"), str) and metadata["image"]:
        picture = {"src": metadata["image"], "alt": metadata.get("image_alt") or ""}
    minutes = reading_minutes(page.content_json.text(), words_a_minute=posts_settings.READING_WORDS_A_MINUTE)
    return Shown(
        authors=tuple(authors),
        categories=facts.categories,
        tags=facts.tags,
        picture=picture,
        published=record.published_at if record else None,
        updated=record.updated_at if record else None,
        minutes=minutes,
    )


def post_context(page: AbstractPage) -> TemplateContext:
    """Return the context of a post's own page."""
    shown = shown_of(page)
    related = related_posts(
        site_id=page.site_id,
        page_id=page.pk,
        tags=[tag.pk for tag in shown.tags],
        categories=[category.pk for category in shown.categories],
        limit=posts_settings.RELATED_POSTS,
    )
    series = series_parts(site_id=page.site_id, series=page.series, page_type=type(page)) if page.series else []
    return {"shown": shown, "related": related, "series": series if len(series) > 1 else []}


def blog_context(page: AbstractPage) -> TemplateContext:
    """Return the context of a blog's page: pinned posts, the newest others, whether there are more."""
    size = page.posts_per_page
    pinned = Archive(page.site, "sticky", value="1").cards(limit=size, under=page.path)
    cards = Archive(page.site).cards(limit=size + len(pinned) + 1, under=page.path)
    keys = {card.pk for card in pinned}
    rest = [card for card in cards if card.pk not in keys]
    return {"sticky": pinned, "cards": rest[:size], "has_more": len(rest) > size, "all_url": archive_url("all")}
