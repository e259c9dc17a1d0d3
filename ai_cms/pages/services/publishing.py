"""Publish a page's draft, take a page off, and do both when they are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.signals import page_published, page_scheduled, page_unpublished

from .. import get_page_model
from ..exceptions import InvalidSchedule, PageNotFound, PublishRefused
from ..models import AbstractPage, Publication, RevisionKind
from ..revisions import record_revision
from .locks import locked_page, touch_site
from .publications import refuse_errors, write_publication

__all__ = ["publish_page", "publish_scheduled", "schedule_page", "unpublish_page"]


def publish_page(
    page: AbstractPage, *, actor: ActorLike, expected_version: int | None = None, revision: int | None = None
) -> Publication:
    """Publish a page's draft, or its revision number ``revision``; an expiry that has passed is cleared.

    Raises PublishRefused with the errors by path, PageStale, PageNotFound and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "publish", page)
    with locked_page(page.pk, expected_version=expected_version) as fresh:
        number = revision
        names = {"published_version", "go_live_at", "scheduled_revision", "expire_at"}
        if fresh.has_expired:
            # Whoever publishes wants it to be seen now.
            fresh.expire_at = None
        if number is None:
            made, _created = record_revision(fresh, actor=who, kind=RevisionKind.PUBLISH)
            number = made.number
            names.add("latest_revision")
        fresh.go_live_at = fresh.scheduled_revision = None
        publication = write_publication(fresh, actor=who, revision=number, from_revision=revision is not None)
        fresh.save(update_fields=names)
        page_published.send(sender=type(fresh), instance=fresh, actor=who, publication=publication)
        touch_site(fresh.site_id)
    for name in ("published_version", "latest_revision", "go_live_at", "expire_at"):
        setattr(page, name, getattr(fresh, name))
    return publication


def unpublish_page(page: AbstractPage, *, actor: ActorLike, expected_version: int | None = None) -> AbstractPage:
    """Take a page off the public site; the draft stays. Does nothing to a page that is not published.

    Raises PageStale and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "publish", page)
    with locked_page(page.pk, expected_version=expected_version) as fresh:
        shown = Publication.objects.filter(page_id=fresh.pk).values_list("revision", flat=True).first()
        gone, _rows = Publication.objects.filter(page_id=fresh.pk).delete()
        fresh.published_version = fresh.expire_at = None
        fresh.go_live_at = fresh.scheduled_revision = None
        fresh.save(update_fields=["published_version", "expire_at", "go_live_at", "scheduled_revision"])
        if gone:
            page_unpublished.send(sender=type(fresh), instance=fresh, actor=who, revision=shown)
            touch_site(fresh.site_id)
    return fresh


def schedule_page(
    page: AbstractPage,
    *,
    actor: ActorLike,
    go_live_at: datetime | None = None,
    expire_at: datetime | None = None,
    expected_version: int | None = None,
) -> AbstractPage:
    """Have the present draft published at ``go_live_at``, and the page taken off at ``expire_at``; ``None`` cancels either.

    ``publish_scheduled`` carries it out. Raises InvalidSchedule, PublishRefused (now, not at night), PageStale.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "publish", page)
    now = timezone.now()
    for name, moment in (("go_live_at", go_live_at), ("expire_at", expire_at)):
        if moment is not None and timezone.is_naive(moment):
            raise InvalidInput(errors={name: [_("Give the time with its offset from UTC.")]})
    if expire_at is not None and expire_at <= max(go_live_at or now, now):
        raise InvalidSchedule
    with locked_page(page.pk, expected_version=expected_version) as fresh:
        names = {"go_live_at", "expire_at", "scheduled_revision"}
        before = {name: getattr(fresh, name) for name in sorted(names)}
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
        page_scheduled.send(sender=type(fresh), instance=fresh, actor=who, before=before)
    return fresh


def publish_scheduled(now: datetime | None = None) -> JsonObject:
    """Publish what is due and take off what has expired, each exactly once however many schedulers run.

    Returns {"published": […], "expired": […], "failed": {pk: errors}}. A page that cannot be published keeps its schedule
    and is tried again.
    """
    moment = now or timezone.now()
    actor = Actor.system("publish_scheduled")
    report: JsonObject = {"published": [], "expired": [], "failed": {}}
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
                shown = Publication.objects.filter(page_id=pk).values_list("revision", flat=True).first()
                Publication.objects.filter(page_id=pk).delete()
                page.published_version = page.expire_at = None
                page.save(update_fields=["published_version", "expire_at"])
                page_unpublished.send(sender=type(page), instance=page, actor=actor, revision=shown)
                touch_site(page.site_id)
        except PageNotFound:
            continue
        report["expired"].append(pk)
    return report


def _due(condition: Q) -> Iterable[int]:
    rows = get_page_model().objects.non_polymorphic().order_by("pk")
    return list(rows.filter(condition).values_list("pk", flat=True))
