"""What waits for a person: the panels of the first page that stand on pages and comments alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai_cms.core.permissions import Actor, get_policy
from ai_cms.core.users import public_name
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Proposal, ProposalStatus, Revision, TreeWork, WorkStatus
from ai_cms.pages.rows import RowMaker, short, visible_pages

from ..links import edit_url, link
from ..models import Comment
from ..registry import Line, Panel, Waiting, panels
from ..statuses import status_tone, status_word

__all__ = ["register_panels", "sentence_of"]

#: Failures older than these days are the log's.
DAYS = 14


def _rows(request: HttpRequest) -> Any:
    return visible_pages(request).non_polymorphic().defer("content_json", "metadata")


def drafts(request: HttpRequest, limit: int) -> Waiting:
    """Return the drafts and unpublished changes that the person owns or changed last."""
    newest = Revision.objects.filter(page_id=OuterRef("pk"), number=OuterRef("latest_revision")).order_by()
    mine = Q(owner=request.user.pk) | Exists(newest.filter(author=request.user.pk))
    unpublished = Q(published_version=None) | ~Q(published_version=F("version"))
    found = _rows(request).filter(mine & unpublished, go_live_at=None).order_by("-updated_at", "-pk")
    lines = [
        Line(
            title=short(page.title),
            url=edit_url(page.pk),
            detail=page.path,
            badge=status_word(page.state),
            tone=status_tone(page.state),
            action=_("Go on"),
            when=page.updated_at,
        )
        for page in found[:limit]
    ]
    more = link("tree", mine="on", order="updated")
    return Waiting(lines, found.count() if len(lines) == limit else len(lines), more)


def proposals(request: HttpRequest, limit: int) -> Waiting:
    """Return the proposals that wait for a decision on pages the person may change, the newest first."""
    actor = Actor.from_request(request)
    rows = get_policy(Proposal).visible(actor, Proposal.objects.filter(status=ProposalStatus.PENDING))
    rows = rows.select_related("page", "author").defer("operations", "page__content_json", "page__metadata")
    maker = RowMaker(request)
    policy = get_policy(get_page_model())
    # Who reads a page may not decide: a few more are read than are shown.
    found = [row for row in rows[: limit * 4] if policy.can(actor, "change", maker.typed(row.page))]
    lines = [
        Line(
            title=short(row.title),
            url=link("proposal", row.pk),
            detail=_("for %(page)s") % {"page": short(row.page.title, 50)},
            badge=row.agent or (public_name(row.author) if row.author is not None else ""),
            tone="info",
            action=_("Decide"),
            when=row.created_at,
        )
        for row in found[:limit]
    ]
    total = len(found) if len(found) < limit * 4 else rows.count()
    return Waiting(lines, total, link("proposals"))


def comments(request: HttpRequest, limit: int) -> Waiting:
    """Return the open threads in which others said the last word to the person."""
    rows = Comment.objects.waiting_for(Actor.from_request(request)).select_related("page", "last_by")
    rows = rows.defer("page__content_json", "page__metadata")
    lines = [
        Line(
            title=short(row.body, 90),
            url=f"{edit_url(row.page_id)}#comment-{row.pk}",
            detail=_("on %(page)s") % {"page": short(row.page.title, 50)},
            badge=public_name(row.last_by) if row.last_by is not None else "",
            action=_("Answer"),
            when=row.last_at,
        )
        for row in rows[:limit]
    ]
    return Waiting(lines, rows.count() if len(lines) == limit else len(lines), link("threads"))


def scheduled(request: HttpRequest, limit: int) -> Waiting:
    """Return what is published, or taken off, by itself, the soonest first. What is overdue is among the failures."""
    now = timezone.now()
    found = _rows(request).filter(Q(go_live_at__gt=now) | Q(expire_at__gt=now, published_version__isnull=False))
    rows = sorted(found[:200], key=lambda page: _next(page, now))
    lines = [
        Line(
            title=short(page.title),
            url=edit_url(page.pk),
            detail=page.path,
            badge=_("Goes live") if page.go_live_at is not None and page.go_live_at > now else _("Goes off"),
            tone="info",
            action=_("Look"),
            when=_next(page, now),
        )
        for page in rows[:limit]
    ]
    return Waiting(lines, len(rows), link("tree", status="scheduled"))


def _next(page: Any, now: Any) -> Any:
    return min(moment for moment in (page.go_live_at, page.expire_at) if moment is not None and moment > now)


def under_way(request: HttpRequest, limit: int) -> Waiting:
    """Return the person's long work on the tree that has not ended."""
    rows = get_policy(TreeWork).visible(Actor.from_request(request), TreeWork.objects.open())
    lines = [
        Line(
            title=short(row.title),
            url=link("work", row.pk),
            detail=_("%(kind)s: %(done)d of %(total)d pages")
            % {"kind": row.get_kind_display().capitalize(), "done": row.done, "total": row.total},
            badge=row.get_status_display().capitalize(),
            tone="info",
            when=row.created_at,
            percent=100 * row.done // row.total if row.total else 0,
        )
        for row in rows[:limit]
    ]
    return Waiting(lines, len(lines))


def failures(request: HttpRequest, limit: int) -> Waiting:
    """Return what went wrong: plans whose time has passed, and work on the tree of the last days that failed."""
    now = timezone.now()
    overdue = _rows(request).filter(go_live_at__lte=now - timedelta(minutes=15)).order_by("go_live_at")
    lines = [
        Line(
            title=short(page.title),
            url=edit_url(page.pk),
            detail=_("Should be live, but is not: its draft has errors, or nobody runs publish_scheduled."),
            badge=_("Overdue"),
            tone="bad",
            action=_("Check"),
            when=page.go_live_at,
        )
        for page in overdue[:limit]
    ]
    work = get_policy(TreeWork).visible(Actor.from_request(request), TreeWork.objects.all())
    work = work.filter(status=WorkStatus.FAILED, finished_at__gt=now - timedelta(days=DAYS))
    lines += [
        Line(
            title=short(row.title),
            url=link("work", row.pk),
            detail=row.error_detail or row.error_code,
            badge=_("%(kind)s failed") % {"kind": row.get_kind_display().capitalize()},
            tone="bad",
            action=_("Look"),
            when=row.finished_at,
        )
        for row in work[:limit]
    ]
    return Waiting(lines[:limit], len(lines))


def lately(request: HttpRequest, limit: int) -> Waiting:
    """Return the pages that anybody changed last."""
    maker = RowMaker(request)
    found = [maker.row(page) for page in maker.queryset().order_by("-updated_at", "-pk")[:limit]]
    lines = [
        Line(
            title=short(row.page.title),
            url=edit_url(row.page.pk),
            detail=_("by %(name)s") % {"name": row.edited_by} if row.edited_by else row.page.path,
            badge=status_word(row.status),
            tone=status_tone(row.status),
            when=row.page.updated_at,
        )
        for row in found
    ]
    return Waiting(lines, len(lines), link("tree", order="updated"))


def sentence_of(total: int) -> str:
    """Return how much waits, as the first page says it."""
    if not total:
        return _("Nothing waits for you.")
    return ngettext("%(count)d thing waits for you.", "%(count)d things wait for you.", total) % {"count": total}


def _new_page(request: HttpRequest) -> str:
    return link("create")


def register_panels() -> None:
    """Register the panels that stand on pages alone; called when the apps are ready."""
    panels.register("failures", Panel(title=gettext_lazy("Went wrong"), icon="alert", waiting=failures))
    panels.register("under_way", Panel(title=gettext_lazy("Under way"), icon="clock", waiting=under_way, counts=False))
    panels.register(
        "drafts",
        Panel(
            title=gettext_lazy("My drafts"),
            icon="pen",
            waiting=drafts,
            empty=gettext_lazy("Everything you wrote is published. Begin something new."),
            empty_url=_new_page,
            empty_action=gettext_lazy("New page"),
        ),
    )
    panels.register(
        "proposals",
        Panel(
            title=gettext_lazy("Proposals to decide"),
            icon="spark",
            waiting=proposals,
            empty=gettext_lazy("What colleagues and models suggest for your pages waits here. Just now it is nothing."),
        ),
    )
    panels.register(
        "comments",
        Panel(
            title=gettext_lazy("Comments"),
            icon="comment",
            waiting=comments,
            empty=gettext_lazy("No comment waits for your answer. Who writes @ and your name reaches you here."),
        ),
    )
    panels.register(
        "scheduled",
        Panel(
            title=gettext_lazy("Scheduled"),
            icon="clock",
            waiting=scheduled,
            empty=gettext_lazy("Nothing is planned. A page's settings set the time at which it goes live."),
            counts=False,
        ),
    )
    panels.register("lately", Panel(title=gettext_lazy("Changed lately"), icon="history", waiting=lately, counts=False))
