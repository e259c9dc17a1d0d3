"""Posts: made, changed, published, deleted and restored, through the services of pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.slugs import slug_with_suffix
from ai_cms.pages.exceptions import PageStale, SlugTaken
from ai_cms.pages.models import AbstractPage, RevisionKind, Site
from ai_cms.pages.services import create_page, delete_page, publish_page, restore_page, unpublish_page, update_page

from .. import get_post_model
from ..body import body_to_blocks
from ..editors import edits_all_posts
from .blogs import blog_of
from .tags import tags_named

__all__ = ["create_post", "delete_post", "restore_post", "update_post"]


def create_post(
    *,
    actor: ActorLike,
    title: str,
    body: str = "",
    content: object = None,
    slug: str = "",
    author: Any = None,
    tags: Iterable[str] = (),
    is_published: bool = False,
    site: Site | None = None,
    parent: AbstractPage | None = None,
    fields: FieldValues | None = None,
) -> AbstractPage:
    """Make a post below ``parent``, by default the blog of ``site``, as a draft or published at once.

    ``body``: HTML; or ``content``: a document. ``slug``: empty for the title with six random digits. ``author``: default the
    actor; the post is theirs. ``tags``: names. ``fields``: of the page and of the post (excerpt, categories and coauthors by
    key, thumbnail, …). Raises InvalidInput, SlugTaken, PublishRefused and what permissions raise.
    """
    who = Actor.of(actor)
    model = get_post_model()
    if parent is None:
        if site is None:
            raise InvalidInput(errors={"parent": [_("Name the page, or the site, that the post is for.")]})
        parent = blog_of(site)
    if author is None:
        author = who.account
    elif author.pk != getattr(who.account, "pk", None) and not who.is_superuser and not edits_all_posts(who, model):
        raise InvalidInput(errors={"author": [_("Only editors name other people as authors.")]})
    values = dict(fields or {})
    names = list(tags)
    if slug and model.objects.filter(site_id=parent.site_id, slug=slug).exists():
        raise SlugTaken(slug)
    with transaction.atomic(using=router.db_for_write(model)):
        if names:
            values["tags"] = [tag.pk for tag in tags_named(names, locale=values.get("locale") or parent.locale)]
        return create_page(
            actor=who,
            parent=parent,
            title=title,
            slug=slug or slug_with_suffix(title, 6),
            page_type=model,
            content=content if content is not None else body_to_blocks(body),
            fields={**values, "author": author.pk if author is not None else None},
            owner=author,
            publish=is_published,
        )


def update_post(
    post: AbstractPage,
    *,
    actor: ActorLike,
    title: str | None = None,
    body: str | None = None,
    content: object = None,
    slug: str | None = None,
    author: Any = None,
    tags: Iterable[str] | None = None,
    is_published: bool | None = None,
    fields: FieldValues | None = None,
    expected_version: int | None = None,
    kind: str = RevisionKind.MANUAL,
    message: str = "",
) -> AbstractPage:
    """Change a post, all or nothing; what is ``None`` stays. Returns the fresh post.

    ``body``: HTML; blocks that stay the same are kept. ``is_published``: ``True`` publishes what is saved, ``False`` takes the
    post off; ``None`` leaves what the public sees. ``author``: another one, whose post it is from then on.
    Raises InvalidInput, PageStale (what was written is kept as a revision), PublishRefused and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(post).require(who, "change", post)
    values = dict(fields or {})
    refused: PageStale | None = None
    with transaction.atomic(using=router.db_for_write(type(post))):
        if title is not None:
            values["title"] = title
        if tags is not None:
            values["tags"] = [tag.pk for tag in tags_named(tags, locale=values.get("locale") or post.locale)]
        if author is not None:
            values["author"] = author.pk
        if body is not None:
            # What the client read, if it says so, is what it changed: a stale write is judged, and kept, by the service.
            content = body_to_blocks(body, post.content_json.to_json())
        try:
            post = update_page(
                post,
                actor=who,
                fields=values,
                content=content,
                slug=slug or None,
                expected_version=expected_version,
                kind=kind,
                message=message,
            )
        except PageStale as error:
            # Raised outside, or the revision that keeps what was written would be rolled back.
            refused = error
        else:
            if author is not None and post.owner_id != author.pk:
                post.owner = author
                post.save(update_fields=["owner"])
            if is_published:
                publish_page(post, actor=who)
            elif is_published is False and (post.live or post.go_live_at is not None):
                post = unpublish_page(post, actor=who)
    if refused is not None:
        raise refused
    return post


def delete_post(post: AbstractPage, *, actor: ActorLike, expected_version: int | None = None) -> None:
    """Put a post into the bin. Raises PageStale and what permissions raise."""
    delete_page(post, actor=actor, expected_version=expected_version)


def restore_post(
    post: AbstractPage, *, actor: ActorLike, slug: str = "", expected_version: int | None = None
) -> AbstractPage:
    """Bring a post back from the bin, published if it was. Raises SlugTaken, PageStale and what permissions raise."""
    return restore_page(post, actor=actor, slug=slug, expected_version=expected_version)
