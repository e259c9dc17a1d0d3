"""What lists of posts are asked for, as conditions for drafts and for publications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from ai_cms.pages.models import Publication, PublicationFacet
from ai_cms.pages.search import has_words

from . import get_category_model, get_post_model, get_tag_model
from .authors import author_condition
from .names import tag_key

__all__ = ["PostFilter", "coauthored_by"]


@dataclass(frozen=True)
class PostFilter:
    """What a list of posts is asked for. ``categories``: slugs, those below them included. ``tags``: names; any of either."""

    is_published: bool | None = None
    categories: tuple[str, ...] = ()
    author: str = ""
    tags: tuple[str, ...] = ()
    search: str = ""

    def of_drafts(self) -> Q:
        """Return the condition for drafts."""
        model = get_post_model()
        where = Q()
        if self.is_published is not None:
            where &= Q(published_version__isnull=not self.is_published)
        if self.categories:
            where &= Q(pk__in=_holding(model, "categories", _with_below(self.categories)))
        if self.tags:
            keys = [tag_key(name) for name in self.tags]
            where &= Q(pk__in=_holding(model, "tags", get_tag_model()._base_manager.filter(key__in=keys).values("pk")))
        if self.author:
            users = get_user_model()._base_manager.filter(author_condition(self.author)).values("pk")
            first = Q(author__in=users) | Q(author=None, owner__in=users)
            where &= first | Q(pk__in=_holding(model, "coauthors", users))
        if self.search:
            where &= _draft_words(self.search)
        return where

    def facets(self) -> dict[str, list[str]]:
        """Return the values that publications are asked for, by facet."""
        found = {
            "categories": list(self.categories),
            "tag": [tag_key(name) for name in self.tags],
            "author": [self.author] if self.author else [],
        }
        return {name: values for name, values in found.items() if values}

    def of_publications(self, rows: QuerySet[Publication], locale: str) -> QuerySet[Publication]:
        """Return those of the publications ``rows`` that are asked for."""
        if self.is_published is False:
            return rows.none()
        for name, values in self.facets().items():
            matching = PublicationFacet.objects.filter(name=name, value__in=values)
            rows = rows.filter(pk__in=matching.values("publication_id"))
        return rows.filter(has_words(self.search, locale=locale, using=rows.db)) if self.search else rows


def coauthored_by(user: Any) -> Any:
    """Return a query whose ``key`` is that of each post that a user (a key, or a marker for one) is a further author of."""
    field: Any = get_post_model()._meta.get_field("coauthors")
    rows = field.remote_field.through._base_manager.filter(**{field.m2m_reverse_field_name(): user}).order_by()
    return rows.annotate(key=F(f"{field.m2m_field_name()}_id"))


def _holding(model: Any, name: str, keys: object) -> Any:
    """Return a subquery for the posts that have one of ``keys`` in a many-to-many field."""
    field = model._meta.get_field(name)
    rows = field.remote_field.through._base_manager.filter(**{f"{field.m2m_reverse_field_name()}__in": keys})
    return rows.values(f"{field.m2m_field_name()}_id")


def _with_below(slugs: tuple[str, ...]) -> RawSQL:
    """Return a subquery for the keys of the categories of these slugs and of all below them, however deep."""
    meta: Any = get_category_model()._meta
    quote = connection.ops.quote_name
    key, slug, parent = (quote(meta.get_field(name).column) for name in (meta.pk.name, "slug", "parent"))
    table, places = quote(meta.db_table), ", ".join(["%s"] * len(slugs))
    # Nothing but names of columns is put into the text.
    query = (
        f"WITH RECURSIVE below(key) AS (SELECT {key} FROM {table} WHERE {slug} IN ({places})"  # noqa: S608
        f" UNION SELECT child.{key} FROM {table} child JOIN below ON child.{parent} = below.key) SELECT key FROM below"
    )
    return RawSQL(query, slugs)  # noqa: S611


def _draft_words(text: str) -> Q:
    """Return the condition for drafts that hold all words: in the title, the excerpt or the text."""
    where = Q()
    for word in text.split():
        where &= Q(title__icontains=word) | Q(excerpt__icontains=word) | Q(draft_text__icontains=word)
    return where
