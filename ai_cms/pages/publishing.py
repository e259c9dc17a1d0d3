"""Publish: make the one row the public reads of a draft that has no errors left."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.blocks.pictures import finish_blocks
from ai_cms.blocks.provenance import provenance_summary
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.core.signals import page_published, page_unpublished

from . import get_page_model
from .conf import pages_settings
from .exceptions import InvalidSchedule, PageNotFound, PageStale, PublishRefused
from .models import Publication, PublicationFacet, Revision, RevisionKind
from .pictures import picture_facets
from .provenance import public_blocks
from .revisions import record_revision
from .search import search_config_for
from .snapshots import apply_snapshot, field_values, missing_required

if TYPE_CHECKING:
    from .models import AbstractPage

__all__ = [
    "publication_values",
    "publish_page",
    "publish_scheduled",
    "schedule_page",
    "unpublish_page",
    "write_publication",
]

SUMMARY_WORDS = 40


def publish_page(
    page: AbstractPage, *, actor: Actor | Any, expected_version: int | None = None, revision: int | None = None
) -> Publication:
    """Publish a page's draft, or its revision number ``revision``.

    Raises PublishRefused with the errors by path, PageStale, PageNotFound and what permissions raise.
    """
    from .services._drafts import locked_page
    from .services._structure import touch_site

    who = Actor.of(actor)
    policy_for(page).require(who, "publish", page)
    with locked_page(page.pk) as fresh:
        if expected_version is not None and expected_version != fresh.version:
            raise PageStale(current_version=fresh.version)
        number = revision
        names = {"published_version", "go_live_at", "scheduled_revision"}
        if number is None:
            made, _created = record_revision(fresh, actor=who, kind=RevisionKind.PUBLISH)
            number = made.number
            names.add("latest_revision")
        fresh.go_live_at = fresh.scheduled_revision = None
        publication = write_publication(fresh, actor=who, revision=number, from_revision=revision is not None)
        fresh.save(update_fields=names)
        page_published.send(sender=type(fresh), instance=fresh, actor=who, publication=publication)
        touch_site(fresh.site_id)
    page.__dict__.update(
        published_version=fresh.published_version, latest_revision=fresh.latest_revision, go_live_at=None
    )
    return publication


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
    return publication


def refuse_errors(page: AbstractPage) -> None:
    """Raise PublishRefused if the draft holds errors."""
    errors: dict[str, list[Any]] = dict(missing_required(page))
    problems = page.content_json.validate(strict=True)
    if problems:
        errors["content_json"] = [problem.to_json() for problem in problems]
    if errors:
        raise PublishRefused(errors)


def publication_values(
    page: AbstractPage, *, version: int, revision: int, now: datetime, first: datetime | None
) -> dict[str, Any]:
    """Return the columns of a page's publication."""
    document = page.content_json
    first = first or _published_before(page) or now
    text = document.text()
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
        "fields": field_values(page),
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
        "search_title": page.title,
        "search_text": "\n".join(part for part in (page.seo_description, text, page.search_extra()) if part),
        "search_config": search_config_for(page.locale),
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


def unpublish_page(page: AbstractPage, *, actor: Actor | Any) -> AbstractPage:
    """Take a page off the public site; the draft stays. Does nothing to a page that is not published."""
    from .services._drafts import locked_page
    from .services._structure import touch_site

    who = Actor.of(actor)
    policy_for(page).require(who, "publish", page)
    with locked_page(page.pk) as fresh:
        gone, _rows = Publication.objects.filter(page_id=fresh.pk).delete()
        fresh.published_version = fresh.expire_at = None
        fresh.go_live_at = fresh.scheduled_revision = None
        fresh.save(update_fields=["published_version", "expire_at", "go_live_at", "scheduled_revision"])
        if gone:
            page_unpublished.send(sender=type(fresh), instance=fresh, actor=who)
            touch_site(fresh.site_id)
    return fresh


def schedule_page(
    page: AbstractPage,
    *,
    actor: Actor | Any,
    go_live_at: datetime | None = None,
    expire_at: datetime | None = None,
    expected_version: int | None = None,
) -> AbstractPage:
    """Have the present draft published at ``go_live_at``, and the page taken off at ``expire_at``; ``None`` cancels either.

    ``publish_scheduled`` carries it out. Raises InvalidSchedule, PublishRefused (now, not at night), PageStale.
    """
    from .services._drafts import locked_page

    who = Actor.of(actor)
    policy_for(page).require(who, "publish", page)
    now = timezone.now()
    for name, moment in (("go_live_at", go_live_at), ("expire_at", expire_at)):
        if moment is not None and timezone.is_naive(moment):
            raise InvalidInput(errors={name: [_("Give the time with its offset from UTC.")]})
    if expire_at is not None and expire_at <= (go_live_at or now):
        raise InvalidSchedule
    with locked_page(page.pk) as fresh:
        if expected_version is not None and expected_version != fresh.version:
            raise PageStale(current_version=fresh.version)
        names = {"go_live_at", "expire_at", "scheduled_revision"}
        fresh.go_live_at, fresh.expire_at, fresh.scheduled_revision = go_live_at, expire_at, None
        if go_live_at is not None:
            refuse_errors(fresh)
            revision, _created = record_revision(
                fresh,
                actor=who,
                kind=RevisionKind.MANUAL,
                message=_("Scheduled for %(time)s") % {"time": go_live_at.isoformat()},
            )
            fresh.scheduled_revision = revision.number
            names.add("latest_revision")
        fresh.save(update_fields=names)
        Publication.objects.filter(page_id=fresh.pk).update(expire_at=expire_at)
    return fresh


def publish_scheduled(now: datetime | None = None) -> dict[str, Any]:
    """Publish what is due and take off what has expired, each exactly once however many schedulers run.

    Returns {"published": […], "expired": […], "failed": {pk: errors}}. A page that cannot be published keeps its schedule
    and is tried again.
    """
    from .services._drafts import locked_page
    from .services._structure import touch_site

    moment = now or timezone.now()
    actor = Actor.system("publish_scheduled")
    report: dict[str, Any] = {"published": [], "expired": [], "failed": {}}
    for pk in _due(Q(go_live_at__lte=moment)):
        try:
            with transaction.atomic(), locked_page(pk) as page:
                # Asked again under the lock: another scheduler may have been here.
                if page.go_live_at is None or page.go_live_at > moment:
                    continue
                number = page.scheduled_revision or page.latest_revision
                publication = write_publication(page, actor=actor, revision=number, from_revision=True)
                page.go_live_at = page.scheduled_revision = None
                page.save(update_fields=["published_version", "go_live_at", "scheduled_revision"])
                page_published.send(sender=type(page), instance=page, actor=actor, publication=publication)
                touch_site(page.site_id)
        except PublishRefused as error:
            report["failed"][pk] = error.errors
        except PageNotFound:
            continue
        else:
            report["published"].append(pk)
    for pk in _due(Q(expire_at__lte=moment, published_version__isnull=False)):
        try:
            with locked_page(pk) as page:
                if page.expire_at is None or page.expire_at > moment or page.published_version is None:
                    continue
                Publication.objects.filter(page_id=pk).delete()
                page.published_version = page.expire_at = None
                page.save(update_fields=["published_version", "expire_at"])
                page_unpublished.send(sender=type(page), instance=page, actor=actor)
                touch_site(page.site_id)
        except PageNotFound:
            continue
        report["expired"].append(pk)
    return report


def _due(condition: Q) -> Iterable[int]:
    rows = get_page_model().objects.non_polymorphic().order_by("pk")
    return list(rows.filter(condition).values_list("pk", flat=True))
