"""Tags: found or made by name, renamed, taken out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, router, transaction

from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.slugs import make_slug, unique_slug
from ai_cms.pages.models import Publication, Revision

from .. import get_post_model, get_tag_model
from ..names import clean_names, tag_key
from .refreshing import published_with, refresh_posts

if TYPE_CHECKING:
    from ..taxonomy import AbstractTag

__all__ = ["delete_tag", "rename_tag", "tags_named"]


def tags_named(names: Iterable[str], *, locale: str) -> list[AbstractTag]:
    """Return the tags of these names in their order, new ones made; spellings of one word are one tag.

    Raises InvalidInput for a name that is too long, and for too many.
    """
    wanted = {tag_key(name): name for name in clean_names(names)}
    model = get_tag_model()
    found = {row.key: row for row in model._base_manager.filter(locale=locale, key__in=wanted)} if wanted else {}
    # In one order, so that two requests with the same new tags never wait for each other in a circle.
    for key in sorted(wanted.keys() - found.keys()):
        found[key] = _made(model, wanted[key], key, locale)
    return [found[key] for key in wanted]


def _made(model: type[AbstractTag], name: str, key: str, locale: str) -> AbstractTag:
    rows = model._base_manager
    for _attempt in range(5):
        slug = make_slug(key, fallback="tag", max_length=90)
        taken = set(rows.filter(locale=locale, slug__startswith=slug[:80]).values_list("slug", flat=True))
        try:
            with transaction.atomic(using=router.db_for_write(model)):
                return rows.create(name=name, key=key, locale=locale, slug=unique_slug(slug, taken))
        except IntegrityError:
            there = rows.filter(locale=locale, key=key).first()
            if there is not None:
                return there
    raise AssertionError(f"No slug is free for the tag {name!r}.")


def rename_tag(tag: AbstractTag, name: str, *, actor: ActorLike) -> AbstractTag:
    """Give a tag another name, in published posts too; its slug stays. A name that another tag has joins the two.

    Returns the tag that is left. Raises InvalidInput and what permissions raise.
    """
    policy_for(tag).require(Actor.of(actor), "change", tag)
    cleaned = clean_names([name])
    if not cleaned:
        return tag
    key = tag_key(cleaned[0])
    rows = get_tag_model()._base_manager
    with transaction.atomic(using=router.db_for_write(get_tag_model())):
        other = rows.filter(locale=tag.locale, key=key).exclude(pk=tag.pk).select_for_update().first()
        publications = published_with("tag", tag.key, locale=tag.locale)
        if other is not None:
            _move_posts(tag, other)
            _move_published(publications, tag, other)
            tag.delete()
            tag = other
        else:
            tag.name, tag.key = cleaned[0], key
            tag.save(update_fields=["name", "key"])
        refresh_posts(publications)
    return tag


def delete_tag(tag: AbstractTag, *, actor: ActorLike) -> None:
    """Take a tag away, from published posts too. Raises what permissions raise."""
    policy_for(tag).require(Actor.of(actor), "delete", tag)
    with transaction.atomic(using=router.db_for_write(get_tag_model())):
        publications = published_with("tag", tag.key, locale=tag.locale)
        tag.delete()
        refresh_posts(publications)


def _move_posts(tag: AbstractTag, other: AbstractTag) -> None:
    """Put ``other`` in the place of ``tag`` in all drafts."""
    field: Any = get_post_model()._meta.get_field("tags")
    through = field.remote_field.through._base_manager
    post, name = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
    both = through.filter(**{name: other.pk}).values(post)
    through.filter(**{name: tag.pk, f"{post}__in": both}).delete()
    through.filter(**{name: tag.pk}).update(**{name: other.pk})


def _move_published(publications: list[int], tag: AbstractTag, other: AbstractTag) -> None:
    """Do the same in the revisions that are published, from which publications are made anew."""
    pages = dict(Publication.objects.filter(pk__in=publications).values_list("page_id", "revision"))
    for row in Revision.objects.filter(page_id__in=pages).defer("content_json", "overwritten").iterator(chunk_size=500):
        keys = row.fields.get("tags")
        if pages[row.page_id] == row.number and keys and tag.pk in keys:
            row.fields["tags"] = list(dict.fromkeys(other.pk if key == tag.pk else key for key in keys))
            row.save(update_fields=["fields"])
