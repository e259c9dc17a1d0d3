"""Posts as JSON: the draft for those who may read it, else what was published."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rest_framework.request import Request

from ai_cms.blocks.documents.document import Document
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.addresses import public_url
from ai_cms.pages.models import AbstractPage, Publication
from ai_cms.posts.body import body_html
from ai_cms.posts.facts import facts_of

__all__ = ["draft_json", "draft_rows", "published_json", "published_row"]


def draft_rows(posts: Sequence[AbstractPage], request: Request) -> list[JsonObject]:
    """Return drafts as entries of a list; a few queries for all."""
    found = []
    for post, facts in zip(posts, facts_of(posts, public=False), strict=True):
        values = {**facts.to_json(), "excerpt": post.get_excerpt(post.content_json.text())}
        found.append(_entry(post, post.title, values, request) | _state(post, post.series, post.sticky))
    return found


def draft_json(post: AbstractPage, request: Request) -> JsonObject:
    """Return a draft with its body."""
    return {**draft_rows([post], request)[0], "body": post.body}


def published_row(post: AbstractPage, publication: Publication, request: Request) -> JsonObject:
    """Return a post as an entry of a list, from the publication's summary alone."""
    return _published(post, publication, json.loads("{" + publication.summary), request)


def published_json(post: AbstractPage, publication: Publication, request: Request) -> JsonObject:
    """Return a post as it was published, with its body."""
    return {
        **published_row(post, publication, request),
        "body": body_html(Document(publication.content).blocks),
    }


def _published(post: AbstractPage, publication: Publication, summary: JsonObject, request: Request) -> JsonObject:
    values = {**summary.get("fields", {}), "excerpt": summary["excerpt"]}
    entry = _entry(post, publication.title, values, request)
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


def _entry(post: AbstractPage, title: str, values: JsonObject, request: Request) -> JsonObject:
    picture = values.get("thumbnail")
    return {
        "id": post.pk,
        "title": title,
        "slug": post.slug,
        "url": public_url(post.path),
        "excerpt": values["excerpt"],
        "thumbnail": request.build_absolute_uri(picture["src"]) if picture else None,
        "author": values.get("author"),
        "coauthors": values.get("coauthors", []),
        "categories": values.get("categories", []),
        "tags": values.get("tags", []),
        "created_at": post.created_at,
    }
