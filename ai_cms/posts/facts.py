"""What is said of a post beside its text: authors, categories, tags and picture, loaded for many posts at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from ai_cms.assets import get_image_model
from ai_cms.assets.pictures import picture_of
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.users import public_name
from ai_cms.pages.relations import related_ids_of

from . import get_category_model, get_tag_model
from .authors import author_json, author_slug

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

    from .taxonomy import AbstractCategory, AbstractTag

__all__ = ["Facts", "facts_of"]


@dataclass(frozen=True)
class Facts:
    """``above``: the categories above the post's own. ``thumbnail``: the asset; ``None`` for none, or one not to be seen."""

    author: Any = None
    coauthors: tuple[Any, ...] = ()
    categories: tuple[AbstractCategory, ...] = ()
    above: tuple[AbstractCategory, ...] = ()
    tags: tuple[AbstractTag, ...] = ()
    thumbnail: Any = None

    def authors(self) -> list[Any]:
        """Return all authors, the first first."""
        return [user for user in (self.author, *self.coauthors) if user is not None]

    def to_json(self) -> JsonObject:
        """Return what the public reads in place of keys of rows."""
        return {
            "author": author_json(self.author),
            "coauthors": [author_json(user) for user in self.coauthors],
            "categories": [{"id": row.pk, "name": row.name, "slug": row.slug} for row in self.categories],
            "tags": [row.name for row in self.tags],
            "thumbnail": self.picture(),
        }

    def picture(self) -> JsonObject | None:
        """Return addresses and measures of the picture."""
        return None if self.thumbnail is None else dict(picture_of(self.thumbnail))

    def facets(self) -> dict[str, list[str]]:
        """Return what public lists are filtered by."""
        found = {
            "author": [author_slug(user)[:200] for user in self.authors()],
            "categories": [row.slug for row in (*self.categories, *self.above)],
            "tags": [row.name for row in self.tags],
            "tag": [row.key for row in self.tags],
        }
        if self.thumbnail is not None:
            key = str(self.thumbnail.pk)
            # The first makes it a picture in use; the second says where, when it changes.
            found |= {"asset": [key], "thumbnail": [key]}
        return {name: values for name, values in found.items() if values}

    def words(self) -> str:
        """Return what a search finds the post by."""
        names = [row.name for row in self.categories] + [row.name for row in self.tags]
        return "\n".join([*names, *(public_name(user) for user in self.authors())])


def facts_of(posts: Sequence[AbstractPage], *, public: bool) -> list[Facts]:
    """Return the facts of each of ``posts``, in their order; the number of queries does not grow with theirs.

    ``public``: leave out pictures that only their owners may fetch.
    """
    if not posts:
        return []
    # Fields of the type that adds them: the same for all posts.
    fields = {name: posts[0]._meta.get_field(name) for name in ("coauthors", "categories", "tags")}
    keys = {name: related_ids_of(posts, item) for name, item in fields.items()}
    people = {key for found in keys["coauthors"] for key in found} | {_author_key(post) for post in posts}
    users = _rows(get_user_model()._base_manager, people)
    categories = _with_above({key for found in keys["categories"] for key in found})
    tags = _rows(get_tag_model()._base_manager, {key for found in keys["tags"] for key in found})
    pictures = _pictures({post.thumbnail_id for post in posts}, public)
    found = []
    for number, post in enumerate(posts):
        own = [categories[key] for key in keys["categories"][number] if key in categories]
        found.append(
            Facts(
                author=users.get(_author_key(post)),
                coauthors=tuple(users[key] for key in keys["coauthors"][number] if key in users),
                categories=tuple(own),
                above=tuple(_above(own, categories)),
                tags=tuple(tags[key] for key in keys["tags"][number] if key in tags),
                thumbnail=pictures.get(post.thumbnail_id),
            )
        )
    return found


def _author_key(post: AbstractPage) -> Any:
    if post.author_id is not None:
        return post.author_id
    # Written by somebody who has no account here, as an import says; whoever imported it is no author.
    return None if (post.metadata or {}).get("author") else post.owner_id


def _rows(manager: Any, keys: Iterable[object]) -> dict[Any, Any]:
    wanted = {key for key in keys if key is not None}
    return manager.in_bulk(wanted) if wanted else {}


def _with_above(keys: set[Any]) -> dict[Any, Any]:
    """Return categories by key with those above them: one query for each level of the tree."""
    found: dict[Any, Any] = {}
    while keys:
        found |= get_category_model()._base_manager.in_bulk(keys)
        keys = {row.parent_id for row in found.values() if row.parent_id is not None} - found.keys()
    return found


def _above(own: Sequence[Any], categories: dict[Any, Any]) -> list[Any]:
    seen = {row.pk for row in own}
    above = []
    for row in own:
        while row.parent_id in categories and row.parent_id not in seen:
            row = categories[row.parent_id]
            seen.add(row.pk)
            above.append(row)
    return above


def _pictures(keys: set[Any], public: bool) -> dict[Any, Any]:
    wanted = {key for key in keys if key is not None}
    if not wanted:
        return {}
    rows = get_image_model().objects.non_polymorphic().prefetch_related("renditions").filter(pk__in=wanted)
    return {row.pk: row for row in (rows.filter(visibility="public") if public else rows)}
