"""schema.org data of a post: who wrote it, when, and how its text and pictures came to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch

from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.conf import pages_settings

from .archives import archive_url
from .shown import shown_of

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["blog_posting"]


def blog_posting(data: JsonObject, page: AbstractPage, origin: str) -> JsonObject:
    """Return ``data`` of a page as that of a BlogPosting."""
    shown = shown_of(page)
    site = page.site
    found: JsonObject = {
        **data,
        "@type": "BlogPosting",
        "headline": page.title[:110],
        "mainEntityOfPage": data["url"],
        "author": [_person(author, origin) for author in shown.authors],
        "keywords": [tag.name for tag in shown.tags],
        "articleSection": [category.name for category in shown.categories],
        "timeRequired": f"PT{shown.minutes}M",
        "wordCount": len(page.content_json.text().split()),
        "publisher": {"@type": "Organization", "name": site.name, "url": f"{origin}/"} if site.name else None,
        "image": [_image(picture, origin) for picture in _pictures(page, shown.picture)],
    }
    if shown.published is not None:
        found["datePublished"] = shown.published.isoformat()
        found["dateModified"] = max(shown.updated or shown.published, shown.published).isoformat()
    if description := page.get_excerpt(page.content_json.text()):
        found.setdefault("description", description)
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def _person(author: JsonObject, origin: str) -> JsonObject:
    found = {"@type": "Person", "name": author["name"]}
    if author.get("slug"):
        try:
            found["url"] = origin + archive_url("author", author["slug"])
        except NoReverseMatch:
            # Lists of posts are not mounted.
            return found
    return found


def _pictures(page: AbstractPage, thumbnail: JsonObject | None) -> Iterator[JsonObject]:
    """Yield the post's picture, then those of its blocks whose source is known."""
    seen = set()
    if thumbnail is not None:
        seen.add(thumbnail["src"])
        yield thumbnail
    for walked in page.content_json.walk():
        for address, picture in ((walked.block.get("meta") or {}).get("pictures") or {}).items():
            if address not in seen and picture.get("width"):
                seen.add(address)
                yield {**picture, "src": address}


def _image(picture: JsonObject, origin: str) -> JsonObject:
    source = str(picture["src"])
    url = f"{origin}{source}" if source.startswith("/") and not source.startswith("//") else source
    found = {"@type": "ImageObject", "url": url, "contentUrl": url}
    for name, key in (("width", "width"), ("height", "height"), ("caption", "alt")):
        if picture.get(key):
            found[name] = picture[key]
    if pages_settings.EXPOSE_PROVENANCE and picture.get("digital_source_type"):
        found["digitalSourceType"] = picture["digital_source_type"]
    return found
