"""Posts as JSON: the draft for those who may read it, else what was published."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rest_framework.request import Request

from ai_cms.blocks.documents.document import Document
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.addresses import url_below, url_prefix
from ai_cms.pages.models import AbstractPage, Publication
from ai_cms.posts.body import body_html
from ai_cms.posts.facts import facts_of
from ai_cms.posts.listing import PostEntry

__all__ = ["draft_json", "draft_rows", "published_json", "published_row"]


def draft_rows(posts: Sequence[AbstractPage], request: Request) -> list[JsonObject]:
    """Return drafts as entries of a list; a few queries for all."""
    found = []
    prefix = url_prefix()
    for post, facts in zip(posts, facts_of(posts, public=False), strict=True):
        values = {**facts.to_json(), "excerpt": post.get_excerpt(post.content_json.text())}
        found.append(_entry(post, post.title, values, request, prefix) | _state(post, post.series, post.sticky))
    return found


def draft_json(post: AbstractPage, request: Request) -> JsonObject:
    """Return a draft with its body."""
    return {**draft_rows([post], request)[0], "body": post.body}


def published_row(entry: PostEntry, request: Request, prefix: str) -> JsonObject:
    """Return a post as an entry of a list, from the publication's summary alone. ``prefix``: of ``url_prefix()``, asked once."""
    return _published(entry, entry, request, prefix)


def published_json(post: AbstractPage, publication: Publication, request: Request) -> JsonObject:
    """Return a post as it was published, with its body."""
    return {
        **_published(post, publication, request, url_prefix()),
        "body": body_html(Document(publication.content).blocks),
    }


def _published(
    post: AbstractPage | PostEntry, publication: Publication | PostEntry, request: Request, prefix: str
) -> JsonObject:
    summary = json.loads("{" + publication.summary)
    values = {**summary.get("fields", {}), "excerpt": summary["excerpt"]}
    entry = _entry(post, publication.title, values, request, prefix)
    entry |= {
        "series": values.get("series", ""),
        "sticky": bool(values.get("sticky")),
        "is_published": True,
        "has_unpublished_changes": False,
        "updated_at": publication.published_at,
    }
    return entry


def _state(post: AbstractPage, series: str, sticky: bool) -> JsonObject:
    return {
        "series": series,
        "sticky": sticky,
        "is_published": post.is_published,
        "has_unpublished_changes": post.has_unpublished_changes,
        "updated_at": post.updated_at,
    }


def _entry(post: AbstractPage | PostEntry, title: str, values: JsonObject, request: Request, prefix: str) -> JsonObject:
    picture = values.get("thumbnail")
    return {
        "id": post.pk,
        "title": title,
        "slug": post.slug,
        "url": url_below(prefix, post.path),
        "excerpt": values["excerpt"],
        "thumbnail": request.build_absolute_uri(picture["src"]) if picture else None,
        "author": values.get("author"),
        "coauthors": values.get("coauthors", []),
        "categories": values.get("categories", []),
        "tags": values.get("tags", []),
        "created_at": post.created_at,
    }
