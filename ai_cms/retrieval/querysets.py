"""Reads of passages and vectors: who may read what is asked in each query, of the publications as they are now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.module_loading import import_string

from ai_cms.core.permissions import Actor, ActorLike
from ai_cms.pages.models import Publication
from ai_cms.pages.querysets import PublicationQuerySet

from .conf import retrieval_settings

__all__ = ["IndexedPublicationQuerySet", "PassageQuerySet", "VectorQuerySet", "readable_publications"]

Readable = Callable[[Actor, PublicationQuerySet], PublicationQuerySet]


def readable_publications(actor: ActorLike) -> PublicationQuerySet:
    """Return what ``actor`` may read of all that is published now."""
    who = Actor.of(actor)
    rows = Publication.objects.public()
    if not who.has_scope("read"):
        return rows.none()
    path = retrieval_settings.RETRIEVAL_READABLE
    if not path:
        return rows
    readable: Readable = import_string(path)
    return readable(who, rows)


class PassageQuerySet(models.QuerySet[Any]):
    """Passages of publications."""

    def readable(self, actor: ActorLike) -> PassageQuerySet:
        """Return the passages that ``actor`` may read, of publications as they are now."""
        publications = readable_publications(actor).order_by()
        return self.filter(version=F("publication__version"), publication__in=publications)

    def on_site(self, site_id: int) -> PassageQuerySet:
        """Return the passages of one site."""
        return self.filter(publication__site_id=site_id)

    def in_language(self, locale: str) -> PassageQuerySet:
        """Return the passages of pages in the language ``locale``; those of all languages for ""."""
        return self.filter(publication__locale=locale) if locale else self

    def without_vector(self, space: str) -> PassageQuerySet:
        """Return the passages whose words have no vector in ``space`` and that no worker is about to make one of."""
        rows = self.model._meta.apps.get_model("ai_cms_retrieval", "Vector")._default_manager.using(self.db)
        taken = rows.filter(space=space, digest=OuterRef("digest")).exclude(
            data=None, claimed_until__lte=timezone.now()
        )
        return self.filter(~Exists(taken))


class VectorQuerySet(models.QuerySet[Any]):
    """Vectors of the words of passages."""

    def made(self, space: str) -> VectorQuerySet:
        """Return the vectors of ``space`` that are there."""
        return self.filter(space=space, data__isnull=False)

    def unused(self, space: str) -> VectorQuerySet:
        """Return the vectors of words that stand nowhere any more, and those of other models than ``space``."""
        passages = self.model._meta.apps.get_model("ai_cms_retrieval", "Passage")._default_manager.using(self.db)
        used = Exists(passages.filter(digest=OuterRef("digest")))
        return self.filter(~used | ~models.Q(space=space))


class IndexedPublicationQuerySet(models.QuerySet[Any]):
    """Which publications have been cut into passages."""

    def current(self, recipe: str) -> IndexedPublicationQuerySet:
        """Return those whose passages are of the publication as it is, cut by ``recipe``."""
        return self.filter(
            revision=F("publication__revision"), published_at=F("publication__published_at"), recipe=recipe
        )
