"""Pictures in pages: which pages use one, and publications that follow when it changes.

Whoever owns the pictures (``ai_cms.assets``, where it is installed) is not imported: it speaks through the registries of
``ai_cms.blocks`` and the signals of ``ai_cms.core``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Count, QuerySet
from django.dispatch import receiver
from django.utils import timezone

from ai_cms.blocks.documents.pictures import (
    finish_blocks,
    is_reference,
    pictures_of,
    unfinish_blocks,
)
from ai_cms.blocks.html.references import Use, use_counters, use_finders
from ai_cms.core.signals import asset_changed, asset_deleted

from ..core.jsontypes import JsonObject
from . import get_page_model
from .addresses import public_url
from .conf import pages_settings
from .models import ElementReference, Publication, PublicationFacet
from .provenance import public_blocks

__all__ = ["counts_in_pages", "finished_metadata", "picture_facets", "refresh_publications", "uses_in_pages"]

#: The facet of publications that names the pictures they show: an index that is there already.
_FACET = "asset"


def finished_metadata(metadata: JsonObject) -> JsonObject:
    """Return metadata for the public: ``image``, the picture of the page, as an address; ``image_ref`` says which it was.

    A picture that is private or gone leaves ``image`` empty.
    """
    reference = (metadata or {}).get("image_ref") or (metadata or {}).get("image")
    if not is_reference(reference):
        return metadata
    found = pictures_of([reference], public=True).get(reference)
    return {**metadata, "image": found["src"] if found is not None else "", "image_ref": reference}


def picture_facets(content: list[JsonObject], metadata: JsonObject | None = None) -> dict[str, list[str]]:
    """Return the facet by which the publications that show a picture are found."""
    found = set(_shown(content))
    if is_reference(image := (metadata or {}).get("image")):
        found.add(image.partition(":")[2])
    return {_FACET: sorted(found)} if found else {}


def _shown(siblings: list[JsonObject]) -> Iterator[str]:
    for block in siblings:
        for picture in ((block.get("meta") or {}).get("pictures") or {}).values():
            yield picture["ref"].partition(":")[2]
        yield from _shown(block.get("children") or [])


def uses_in_pages(reference: str) -> Iterator[Use]:
    """Yield the drafts, by the references of their elements, and the publications that hold ``reference``."""
    pages = ElementReference.objects.filter(reference=reference, page__deleted_at=None).values("page_id")
    drafts = get_page_model().objects.non_polymorphic().filter(pk__in=pages).order_by("title", "pk")
    for page in drafts:
        yield Use("draft", page.title, page)
    for publication in _publications(reference).order_by("title", "pk"):
        yield Use("publication", publication.title, publication, public_url(publication.path))


def counts_in_pages(references: Collection[str]) -> dict[str, Counter[str]]:
    """Return by reference how many drafts and publications hold it: two queries, however many there are."""
    found: dict[str, Counter[str]] = {}
    rows = ElementReference.objects.filter(reference__in=references, page__deleted_at=None).values("reference")
    for row in rows.annotate(number=Count("page_id", distinct=True)):
        found.setdefault(row["reference"], Counter())["draft"] = row["number"]
    keys = {reference.partition(":")[2]: reference for reference in references}
    facets = PublicationFacet.objects.filter(name=_FACET, value__in=keys).values("value")
    for facet in facets.annotate(number=Count("publication_id", distinct=True)):
        found.setdefault(keys[facet["value"]], Counter())["publication"] = facet["number"]
    return found


def refresh_publications(reference: str) -> int:
    """Put the present addresses of ``reference`` into the publications that show it; return their number."""
    now = timezone.now()
    found = list(_publications(reference).select_for_update(of=("self",)))
    for publication in found:
        publication.content = finish_blocks(unfinish_blocks(publication.content), public=True)
        body = json.loads("{" + publication.body)
        summary = json.loads("{" + publication.summary)
        body["metadata"] = summary["metadata"] = finished_metadata(body.get("metadata") or {})
        body["content_json"] = public_blocks(publication.content, marked=pages_settings.EXPOSE_PROVENANCE)
        publication.body = _tail(body)
        publication.summary = _tail(summary)
        publication.html = publication.html_key = ""
        publication.modified_at = now
        publication.save(update_fields=["content", "body", "summary", "html", "html_key", "modified_at"])
    return len(found)


def _tail(value: JsonObject) -> str:
    """Return a JSON object without its first brace, as publications hold it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[1:]


def _publications(reference: str) -> QuerySet[Publication]:
    facets = PublicationFacet.objects.filter(name=_FACET, value=reference.partition(":")[2])
    return Publication.objects.filter(pk__in=facets.values("publication_id"))


@receiver(asset_changed, dispatch_uid="ai_cms_pages.pictures.changed")
def _changed(instance: Any, **kwargs: object) -> None:
    refresh_publications(instance.reference)


@receiver(asset_deleted, dispatch_uid="ai_cms_pages.pictures.deleted")
def _deleted(reference: str, **kwargs: object) -> None:
    refresh_publications(reference)
    PublicationFacet.objects.filter(name=_FACET, value=reference.partition(":")[2]).delete()


use_finders.register("pages", uses_in_pages)
use_counters.register("pages", counts_in_pages)
