"""Acts that programs ask for and only a person may do: publish, take off, delete, make a page.

What was asked is bound by a digest to the page as it was, its version and the arguments; it can be approved once, for
``APPROVAL_SECONDS``, by a person who is logged in and has the right at that moment. Nothing a program sends counts as approval.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.core.models import ApprovalStatus
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ...core.jsontypes import JsonObject
from .. import get_page_model
from ..conf import pages_settings
from ..exceptions import ApprovalClosed, ApprovalOutdated, PageNotFound, PageStale, PersonNeeded
from ..models import AbstractPage, PageAct, PageApproval
from ..provenance import written_by
from ..snapshots import take_snapshot
from ..untrusted import of_agent
from .bin import delete_page
from .locks import locked_page
from .page_types import check_place, resolve_page_type
from .publishing import publish_page, unpublish_page
from .rights import require_new
from .structure import create_page

__all__ = ["approval_address", "ask_approval", "decide_approval", "require_person"]


def ask_approval(
    page: AbstractPage,
    act: PageAct,
    *,
    actor: ActorLike,
    arguments: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> PageApproval:
    """Ask that a person do ``act`` to a page, and return what waits for the decision; it is asked for once, however often.

    ``arguments``: of a new page its ``title``, ``slug``, ``type`` and ``content``. ``expected_version``: refuse with PageStale if
    the page has another one. Raises InvalidDocument, PageTypeRefused and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "propose_add" if act == PageAct.CREATE else "propose", page)
    wanted = dict(arguments or {})
    if act == PageAct.CREATE:
        wanted = _checked(page, wanted, who)
    with locked_page(page.pk) as fresh:
        if expected_version is not None and expected_version != fresh.version:
            raise PageStale(current_version=fresh.version)
        digest = _digest(fresh, act, wanted)
        now = timezone.now()
        open_one = PageApproval.objects.filter(
            page_id=fresh.pk, act=act, digest=digest, asked_by=who.account, agent=who.label
        )
        found = open_one.filter(status=ApprovalStatus.PENDING, expires_at__gt=now).first()
        if found is not None:
            return found
        return PageApproval.objects.create(
            page=fresh,
            act=act,
            arguments=wanted,
            base_version=fresh.version,
            digest=digest,
            asked_by=who.account,
            agent=who.label,
            expires_at=now + timedelta(seconds=pages_settings.APPROVAL_SECONDS),
        )


def decide_approval(approval: PageApproval, *, approved: bool, actor: ActorLike) -> PageApproval:
    """Carry out or refuse what was asked for, with the rights of the person who decides.

    Only for a person who is logged in. Raises PersonNeeded for programs, ApprovalClosed (decided, or too late), ApprovalOutdated
    (the page is another by now; it is closed then), and what the act itself raises, which leaves it open.
    """
    who = Actor.of(actor)
    require_person(who)
    page = approval.page
    policy_for(page).require(who, "view", page)
    if not approved:
        # Whoever could not do it has no say in whether it is done.
        policy_for(page).require(who, _RIGHTS[PageAct(approval.act)], page)
        if not approval.settle(ApprovalStatus.REFUSED, decided_by=who.account):
            raise ApprovalClosed(approval.status)
        return approval
    try:
        with transaction.atomic():
            fresh = _page_now(approval)
            policy_for(fresh).require(who, _RIGHTS[PageAct(approval.act)], fresh)
            if _digest(fresh, PageAct(approval.act), approval.arguments) != approval.digest:
                raise ApprovalOutdated
            if not approval.settle(ApprovalStatus.USED, decided_by=who.account):
                raise ApprovalClosed(approval.status)
            # The act takes its own locks, and looks at the version once more under them.
            approval.result = _carry_out(approval, fresh, replace(who, label=approval.agent))
            PageApproval.objects.filter(pk=approval.pk).update(result=approval.result)
    except (ApprovalOutdated, PageStale) as error:
        if not approval.settle(ApprovalStatus.EXPIRED, decided_by=who.account):
            raise ApprovalClosed(approval.status) from error
        raise ApprovalOutdated from error
    except Exception:
        approval.refresh_from_db()
        raise
    return approval


def approval_address(approval: PageApproval) -> str:
    """Return where a person decides, "" where no page of ours is mounted for it."""
    for name, args in (
        ("ai_cms_mcp:approval", [approval.pk]),
        ("admin:ai_cms_pages_pageapproval_change", [approval.pk]),
    ):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return ""


def require_person(actor: Actor) -> None:
    """Raise PersonNeeded unless a person is logged in: a token, an agent or a command decides nothing."""
    if actor.scopes is not None or actor.via != "session" or actor.account is None:
        raise PersonNeeded


_RIGHTS = {
    PageAct.PUBLISH: "publish",
    PageAct.UNPUBLISH: "publish",
    PageAct.DELETE: "delete",
    PageAct.CREATE: "add",
}


def _page_now(approval: PageApproval) -> AbstractPage:
    page: AbstractPage | None = get_page_model().objects.filter(pk=approval.page_id).order_by().first()
    if page is None:
        raise PageNotFound
    return page


def _carry_out(approval: PageApproval, page: AbstractPage, actor: Actor) -> JsonObject:
    match PageAct(approval.act):
        case PageAct.PUBLISH:
            publication = publish_page(page, actor=actor, expected_version=approval.base_version)
            return {"page": page.pk, "version": publication.version, "path": publication.path}
        case PageAct.UNPUBLISH:
            unpublish_page(page, actor=actor, expected_version=approval.base_version)
            return {"page": page.pk}
        case PageAct.DELETE:
            return {"page": page.pk, "pages": delete_page(page, actor=actor, expected_version=approval.base_version)}
        case _:
            wanted = approval.arguments
            made = create_page(
                actor=actor,
                parent=page,
                title=wanted["title"],
                slug=wanted.get("slug", ""),
                page_type=wanted.get("type") or None,
                content=wanted.get("content") or [],
                source="model" if approval.agent else "human",
            )
            return {"page": made.pk, "version": made.version, "path": made.path}


def _checked(parent: AbstractPage, wanted: JsonObject, actor: Actor) -> JsonObject:
    """Return the arguments of a new page, tried out as far as can be without making it."""
    model = resolve_page_type(wanted.get("type") or None)
    check_place(model, type(parent))
    # What its user may; what the token may was asked before.
    require_new(replace(actor, scopes=None), model, parent, publish=False)
    content = of_agent(actor, wanted.get("content") or [], None)
    document = prepare_document(
        content, previous=None, allowed=model.allowed_blocks, provenance=written_by(actor), actor=actor
    )
    bare = [{key: value for key, value in block.items() if key != "meta"} for block in document.blocks]
    given = {name: str(wanted[name])[:255] for name in ("slug", "type") if wanted.get(name)}
    return {"title": str(wanted["title"])[:255], **given, "content": bare}


def _digest(page: AbstractPage, act: PageAct, arguments: Mapping[str, Any]) -> str:
    """Return what binds a decision to the arguments and to the page as it is."""
    state: list[Any] = [act.value, page.pk, dict(arguments)]
    if act != PageAct.CREATE:
        # A new page is no matter of what stands on the one above it.
        state += [page.version, page.path, page.content_json.to_json(), take_snapshot(page)]
    if act == PageAct.DELETE:
        state.append(page.get_descendant_count())
    return hashlib.sha256(json.dumps(state, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()
