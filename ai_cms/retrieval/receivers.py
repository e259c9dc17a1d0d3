"""Keep passages in step with what is published. A page taken off, deleted, moved or restored needs nothing: searches ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from ai_cms.core.signals import page_published, publications_written, site_imported
from ai_cms.pages.models import Publication

from .runs import embed_after_commit
from .services.indexing import behind, index_publications

__all__: list[str] = []


@receiver(page_published, dispatch_uid="ai_cms_retrieval.published")
def index_published(publication: Publication, **signal: Any) -> None:
    """Cut a page that is being published, in the same transaction."""
    _index([publication.pk], publication._state.db or "default")


@receiver(publications_written, dispatch_uid="ai_cms_retrieval.written")
def index_written(keys: Sequence[int], using: str, **signal: Any) -> None:
    """Cut publications that were written many at once, or by an upgrade of blocks."""
    _index(keys, using)


@receiver(site_imported, dispatch_uid="ai_cms_retrieval.imported")
def index_imported(instance: Any, **signal: Any) -> None:
    """Cut the pages of a site that came as a file."""
    using = instance._state.db or "default"
    _index(list(behind(using=using).filter(site_id=instance.pk).values_list("pk", flat=True)), using)


def _index(keys: Sequence[int], using: str) -> None:
    if index_publications(keys, using=using):
        embed_after_commit(using)
