"""Write publications: the one row the public reads, of a draft that has no errors left."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.filling import fill_blocks
from ai_cms.blocks.documents.pictures import finish_blocks
from ai_cms.blocks.documents.provenance import provenance_summary
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor

from ...core.jsontypes import JsonObject
from .. import get_page_model
from ..budget import budget_errors
from ..conf import pages_settings
from ..exceptions import PageNotFound, PublishRefused
from ..models import AbstractPage, Publication, PublicationFacet, Revision
from ..pictures import finished_metadata, picture_facets
from ..provenance import public_blocks
from ..search.index import search_columns
from ..snapshots import apply_snapshot, document_problems, missing_required, published_values, type_documents
from .locks import touch_site

__all__ = [
    "facet_rows",
    "json_tail",
    "publication_values",
    "refresh_public_fields",
    "refuse_errors",
    "write_publication",
]

_BATCH = 200


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
    rows = Publication.objects.filter(page_id=page.pk).values_list("pk", "first_published_at", "revision")
    old = None if first else rows.first()
    with type(shown).loaded_for_public([shown]):
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
        type(shown).after_publishing([(shown, publication)])
    publication.replaced = old[2] if old else None
    page.published_version = version
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
) -> JsonObject:
    """Return the columns of a page's publication."""
    document = filled_document(page)
    first = first or _published_before(page) or now
    text = document.text()
    marked = pages_settings.EXPOSE_PROVENANCE
    # Addresses and measures of pictures are in the row, so that showing the page asks nobody for them.
    finished = finish_blocks(document.blocks, public=True)
    own = page.public_fields()
    common: Columns = {
        "type": page.type_name(),
        "title": page.title,
        "locale": page.locale,
        "translation_key": page.translation_key,
        "first_published_at": first,
        "published_at": now,
        "version": version,
    }
    metadata = finished_metadata(page.metadata)
    summary = {**common, "excerpt": page.get_excerpt(text), "metadata": metadata}
    if own:
        summary["fields"] = own
    body = {
        **common,
        "seo": {"title": page.seo_title or page.title, "description": page.seo_description},
        "metadata": metadata,
        "fields": {**published_values(page, marked=marked), **own},
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
        **search_columns(page, _words(page, text)),
    }


def filled_document(page: AbstractPage) -> Document:
    """Return a page's document with the rows that its blocks show; the draft itself where none shows any."""
    draft: Document = page.content_json
    filled = fill_blocks(draft.blocks, page)
    return draft if filled is draft.blocks else Document(filled)


def _words(page: AbstractPage, text: str) -> str:
    """Return the words of a page's document, which are known, and of those beside it."""
    beside = (document.text() for document in type_documents(page).values())
    return "\n".join(part for part in (text, *beside) if part)


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


def refresh_public_fields(publications: Iterable[int], *, touch: bool = True) -> int:
    """Write the public fields and facets of publications anew, from what was published; returns how many.

    For apps whose rows pages name, such as categories: in the transaction that changes one of these. ``publications``: keys.
    ``touch``: whether that is a change for the visitor, with a new time.
    """
    keys = list(publications)
    for start in range(0, len(keys), _BATCH):
        chosen = Publication.objects.filter(pk__in=keys[start : start + _BATCH]).order_by("pk")
        rows = list(chosen.select_for_update(of=("self",), no_key=True))
        pages = get_page_model().all_objects.in_bulk([row.page_id for row in rows])
        shown = {row.pk: pages[row.page_id] for row in rows}
        by_page = _published_revisions(rows)
        by_type: dict[type[AbstractPage], list[AbstractPage]] = {}
        for page in shown.values():
            if page.pk in by_page:
                apply_snapshot(page, by_page[page.pk].snapshot)
            by_type.setdefault(type(page), []).append(page)
        with ExitStack() as loaded:
            for page_type, members in by_type.items():
                loaded.enter_context(page_type.loaded_for_public(members))
            for row in rows:
                if touch:
                    row.html = row.html_key = ""
                    row.modified_at = timezone.now()
                _refresh(row, shown[row.pk])
            for page_type in by_type:
                page_type.after_publishing([(shown[row.pk], row) for row in rows if type(shown[row.pk]) is page_type])
        # Lists show what has changed too.
        for site_id in sorted({row.site_id for row in rows}) if touch else ():
            touch_site(site_id)
    return len(keys)


def _published_revisions(rows: Sequence[Publication]) -> dict[int, Revision]:
    """Return the revisions that publications were made of, without their documents, by page."""
    wanted = {(row.page_id, row.revision) for row in rows}
    every = Revision.objects.filter(page_id__in=[row.page_id for row in rows]).values_list("pk", "page_id", "number")
    keys = [pk for pk, page_id, number in every if (page_id, number) in wanted]
    return {row.page_id: row for row in Revision.objects.filter(pk__in=keys).defer("content_json", "overwritten")}


def _refresh(publication: Publication, page: AbstractPage) -> None:
    own = page.public_fields()
    for column in ("summary", "body"):
        value = json.loads("{" + getattr(publication, column))
        value["fields"] = {**value.get("fields", {}), **own}
        setattr(publication, column, json_tail(value))
    columns = search_columns(page, _words(page, Document(publication.content).text()))
    for name, text in columns.items():
        setattr(publication, name, text)
    publication.save(update_fields=["summary", "body", "html", "html_key", "modified_at", *columns])
    PublicationFacet.objects.filter(publication_id=publication.pk).delete()
    PublicationFacet.objects.bulk_create(facet_rows(page, publication))


def json_tail(value: JsonObject) -> str:
    """Return a JSON object without its opening brace, to be put behind the keys that a move may change."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))[1:]


def facet_rows(page: AbstractPage, publication: Publication) -> list[PublicationFacet]:
    """Return the unsaved facet rows of a publication."""
    facets = page.facets()
    for name, values in picture_facets(publication.content, page.metadata).items():
        # A page type may show pictures beside its blocks.
        facets[name] = [*facets.get(name, ()), *values]
    return [
        PublicationFacet(
            publication=publication, name=name, value=value, first_published_at=publication.first_published_at
        )
        for name, values in facets.items()
        for value in dict.fromkeys(values)
    ]
