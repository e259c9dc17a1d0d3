"""Write publications: the one row the public reads, of a draft that has no errors left."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from ai_cms.blocks.documents.pictures import finish_blocks
from ai_cms.blocks.documents.provenance import provenance_summary
from ai_cms.core.permissions import Actor

from ..budget import budget_errors
from ..conf import pages_settings
from ..exceptions import PageNotFound, PublishRefused
from ..models import AbstractPage, Publication, PublicationFacet, Revision
from ..pictures import picture_facets
from ..provenance import public_blocks
from ..search.index import search_columns
from ..snapshots import apply_snapshot, document_problems, missing_required, published_values, type_documents

__all__ = ["facet_rows", "json_tail", "publication_values", "refuse_errors", "write_publication"]

SUMMARY_WORDS = 40


def write_publication(
    page: AbstractPage, *, actor: Actor, revision: int, from_revision: bool = False, first: bool = False
) -> Publication:
    """Write the publication of the locked ``page`` and set ``page.published_version`` (the caller saves the page).

    ``from_revision``: publish what revision number ``revision`` holds, not the draft. ``first``: of a page
    that is being made. Raises PublishRefused.
    """
    shown, version = page, page.version
    if from_revision:
        row = Revision.objects.filter(page_id=page.pk, number=revision).first()
        if row is None:
            raise PageNotFound
        # A copy, so that the draft stays as it is.
        shown = copy.copy(page)
        apply_snapshot(shown, row.snapshot)
        shown.content_json = row.content_json
        version = row.version
    refuse_errors(shown)
    now = timezone.now()
    rows = Publication.objects.filter(page_id=page.pk).values_list("pk", "first_published_at")
    old = None if first else rows.first()
    values = publication_values(shown, version=version, revision=revision, now=now, first=old[1] if old else None)
    values["published_by"] = actor.account
    if old is None:
        publication = Publication.objects.create(page_id=page.pk, **values)
    else:
        publication = Publication(pk=old[0], page_id=page.pk, **values)
        publication.save(force_update=True)
        PublicationFacet.objects.filter(publication_id=publication.pk).delete()
    facets = facet_rows(shown, publication)
    if facets:
        PublicationFacet.objects.bulk_create(facets)
    page.published_version = version
    type(shown).after_publishing([(shown, publication)])
    return publication


def refuse_errors(page: AbstractPage) -> None:
    """Raise PublishRefused if the draft holds errors."""
    errors: dict[str, list[Any]] = dict(missing_required(page))
    problems = document_problems(page)
    if dear := budget_errors(page.content_json):
        problems["content_json"] = [*problems.get("content_json", ()), *dear]
    for name, found in problems.items():
        errors[name] = [problem.to_json() for problem in found]
    if errors:
        raise PublishRefused(errors)


def publication_values(
    page: AbstractPage, *, version: int, revision: int, now: datetime, first: datetime | None
) -> dict[str, Any]:
    """Return the columns of a page's publication."""
    document = page.content_json
    first = first or _published_before(page) or now
    text = document.text()
    beside = [found.text() for found in type_documents(page).values()]
    marked = pages_settings.EXPOSE_PROVENANCE
    # Addresses and measures of pictures are in the row, so that showing the page asks nobody for them.
    finished = finish_blocks(document.blocks, public=True)
    common: dict[str, Any] = {
        "type": page.type_name(),
        "title": page.title,
        "locale": page.locale,
        "translation_key": page.translation_key,
        "first_published_at": first,
        "published_at": now,
        "version": version,
    }
    summary = {**common, "excerpt": excerpt(page, text), "metadata": page.metadata}
    body = {
        **common,
        "seo": {"title": page.seo_title or page.title, "description": page.seo_description},
        "metadata": page.metadata,
        "fields": published_values(page, marked=marked),
        "provenance": provenance_summary(document) if marked else {},
        "content_json": public_blocks(finished, marked=marked),
    }
    return {
        "site_id": page.site_id,
        "path": page.path,
        "type": page.type_name(),
        "locale": page.locale,
        "title": page.title,
        "in_menus": page.in_menus,
        "active": page.deleted_at is None,
        "version": version,
        "revision": revision,
        "first_published_at": first,
        "published_at": now,
        "expire_at": page.expire_at,
        "modified_at": now,
        "content": finished,
        "body": json_tail(body),
        "summary": json_tail(summary),
        "html": "",
        "html_key": "",
        **search_columns(page, "\n".join(part for part in (text, *beside) if part)),
    }


def _published_before(page: AbstractPage) -> datetime | None:
    """Return the original date of imported content (``metadata.published_at``), so that archives keep their order."""
    raw = (page.metadata or {}).get("published_at")
    if not isinstance(raw, str):
        return None
    try:
        found = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def excerpt(page: AbstractPage, text: str) -> str:
    """Return a short text for lists: the one in the metadata, the search engine description or the first 40 words."""
    given = (page.metadata or {}).get("excerpt")
    if isinstance(given, str) and given.strip():
        return given.strip()
    if page.seo_description:
        return page.seo_description
    words = text.split(None, SUMMARY_WORDS)
    return " ".join(words[:SUMMARY_WORDS]) + ("…" if len(words) > SUMMARY_WORDS else "")


def json_tail(value: dict[str, Any]) -> str:
    """Return a JSON object without its opening brace, to be put behind the keys that a move may change."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))[1:]


def facet_rows(page: AbstractPage, publication: Publication) -> list[PublicationFacet]:
    """Return the unsaved facet rows of a publication."""
    facets = {**page.facets(), **picture_facets(publication.content)}
    return [
        PublicationFacet(publication=publication, name=name, value=value)
        for name, values in facets.items()
        for value in dict.fromkeys(values)
    ]
