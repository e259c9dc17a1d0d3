"""Reads of posts: which of them a list shows to whom.

Who may read a post's draft finds it by what the draft says; everybody else by what was published. The two never mix, so that
no filter and no search tells what a draft says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.fields import BooleanField

from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages.models import Publication, PublicationFacet, Site
from ai_cms.pages.search import has_words

from . import get_category_model, get_post_model, get_tag_model
from .authors import author_condition
from .editors import edits_all_posts
from .names import tag_key

__all__ = ["PostFilter", "posts_for"]


#: What no entry of a list needs.
_HEAVY = (
    "content_json",
    "draft_text",
    *(f"publication__{name}" for name in ("content", "body", "html", "search_title", "search_text")),
)


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

    def of_publications(self, rows: QuerySet[Publication], locale: str) -> QuerySet[Publication]:
        """Return those of the publications ``rows`` that are asked for."""
        if self.is_published is False:
            return rows.none()
        facets = {
            "categories": list(self.categories),
            "tag": [tag_key(name) for name in self.tags],
            "author": [self.author] if self.author else [],
        }
        for name, values in facets.items():
            if values:
                matching = PublicationFacet.objects.filter(name=name, value__in=values)
                rows = rows.filter(pk__in=matching.values("publication_id"))
        return rows.filter(has_words(self.search, locale=locale, using=rows.db)) if self.search else rows


def posts_for(actor: Actor, site: Site, wanted: PostFilter) -> Any:
    """Return the posts of ``site`` that ``actor`` may read, newest first, each with ``reads_draft`` and its publication.

    ``reads_draft``: whether the actor reads the draft; else the publication is what there is to be shown.
    """
    model = get_post_model()
    policy: Any = get_policy(model)
    rows = model.objects.non_polymorphic().filter(site_id=site.pk).select_related("publication").defer(*_HEAVY)
    rows = rows.order_by("-posted_at", "-pk")
    if not actor.has_scope("read"):
        return rows.none()
    if policy.reaches_everything(actor) or edits_all_posts(actor, model):
        return rows.filter(wanted.of_drafts()).annotate(reads_draft=Value(True, BooleanField()))
    own = policy.reach(actor)
    public = Publication.objects.public().filter(site_id=site.pk, type=model.type_name()).order_by()
    asked = wanted.of_publications(public, site.locale).exclude(policy.reach(actor, "page__")).order_by()
    reading = Case(When(own, then=Value(True)), default=Value(False), output_field=BooleanField())
    drafts = model.objects.non_polymorphic().filter(own & wanted.of_drafts(), site_id=site.pk).order_by()
    # Each half by its own indexes, then the rows by their keys: of an "or" a database makes a scan of all posts.
    shown = asked.values_list("page_id").union(drafts.values_list("pk"), all=True)
    return rows.filter(pk__in=shown).annotate(reads_draft=reading)


def _holding(model: Any, name: str, keys: object) -> Any:
    """Return a subquery for the posts that have one of ``keys`` in a many-to-many field."""
    field = model._meta.get_field(name)
    rows = field.remote_field.through._base_manager.filter(**{f"{field.m2m_reverse_field_name()}__in": keys})
    return rows.values(f"{field.m2m_field_name()}_id")


def _with_below(slugs: tuple[str, ...]) -> list[Any]:
    """Return the keys of the categories of these slugs and of all below them; one query, there are few."""
    rows = list(get_category_model()._base_manager.values_list("pk", "parent_id", "slug"))
    found = {pk for pk, _parent, slug in rows if slug in slugs}
    while True:
        below = {pk for pk, parent, _slug in rows if parent in found} - found
        if not below:
            return sorted(found)
        found |= below


def _draft_words(text: str) -> Q:
    """Return the condition for drafts that hold all words: in the title, the excerpt or the text."""
    where = Q()
    for word in text.split():
        where &= Q(title__icontains=word) | Q(excerpt__icontains=word) | Q(draft_text__icontains=word)
    return where
