"""Undo what an agent did: one act, one transaction, looked at before by doing it and taking that back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor, ActorLike, get_policy
from ai_cms.pages import get_page_model, tree
from ai_cms.pages.models import AbstractPage, Proposal, ProposalStatus
from ai_cms.pages.services import reject_proposal

from ..conf import evidence_settings
from ..exceptions import PlanChanged, TooManyActs
from ..models import Act, Undo
from .drafts import revert_draft
from .files import revert_assets
from .outcome import Item, Plan
from .places import PLACES, revert_creation
from .publications import revert_publishing, revert_schedule
from .selection import Selection, acts_of

__all__ = ["undo_acts"]

_ASSETS = ("uploaded", "asset_edited", "asset_replaced", "asset_deleted")


class _OnlyLooked(Exception):
    """Ends the transaction of a dry run."""


def undo_acts(selection: Selection, *, actor: ActorLike, dry_run: bool = False, expected: str = "") -> Plan:
    """Take back what was done by a run, a call, a token or an agent, as far as people have not worked on it since.

    Pages, their places and what is public go in one transaction; files after it. ``dry_run``: change nothing and return what
    would become of each act: it is done, and taken back by the database. ``expected``: the digest of a plan that was looked
    at; for another one PlanChanged is raised and nothing is done.
    Raises NothingSelected, TooManyActs, PlanChanged, PermissionRefused; what may not be done to a page or file is left alone
    and told. Not to be called inside a transaction, since files are deleted.
    """
    who = Actor.of(actor)
    get_policy(Act).require(who, "undo")
    rows = acts_of(selection, who)
    limit = evidence_settings.UNDO_MAX_ACTS
    if (count := rows.count()) > limit:
        raise TooManyActs(count, limit)
    plan = Plan([])
    try:
        with transaction.atomic(using=router.db_for_write(get_page_model())):
            items = [Item(act) for act in rows.select_related("accepted_by")]
            plan.items = items
            _revert(plan, who, _message(selection))
            files = [item for item in items if item.act.kind in _ASSETS]
            revert_assets(files, actor=who, dry_run=True)
            if expected and expected != plan.digest:
                raise PlanChanged
            if dry_run:
                raise _OnlyLooked
            undo = Undo.objects.create(user=who.account, label=who.label, selection=selection.to_json())
            plan.undo = undo.pk
            done = [item.act.pk for item in items if item.outcome in ("reverted", "partly", "nothing")]
            Act.objects.filter(pk__in=done).update(undo=undo)
    except _OnlyLooked:
        return plan
    if files:
        for item in files:
            item.outcome, item.reason, item.blocks, item.fields = "reverted", "", [], []
        revert_assets(files, actor=who, dry_run=False)
    counts = plan.counts
    Undo.objects.filter(pk=plan.undo).update(
        report=plan.to_json(), reverted=counts["reverted"] + counts["partly"], left=counts["left"]
    )
    return plan


def _message(selection: Selection) -> str:
    words = ", ".join(f"{name} {value}" for name, value in selection.to_json().items())
    return (_("Undone: %(what)s") % {"what": words})[:300]


def _revert(plan: Plan, actor: Actor, message: str) -> None:
    """Take back what was done to pages, under the locks of all of them."""
    items = [item for item in plan.items if item.act.kind not in _ASSETS]
    keys = {pk for item in items for pk in _touched(item.act)}
    with ExitStack() as locks:
        if keys:
            model = get_page_model()
            lock = locks.enter_context(tree.locked_trees(model, *sorted(keys)))
            # In the order of their keys, before anything is written: whoever writes one page waits for no other.
            own = lock.rows.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",), no_key=True)
            list(own.values_list("pk", flat=True))
        for item in items:
            if item.act.kind in PLACES:
                _step([item], lambda item=item: PLACES[item.act.kind](item, actor))  # type: ignore[misc]
            elif item.act.kind == "purged":
                item.outcome, item.reason = "left", _("The page is gone for good.")
            elif item.act.kind == "proposed":
                _step([item], lambda item=item: _withdraw(item, actor))  # type: ignore[misc]
        known: dict[int, set[int]] = {}
        for item in items:
            number = item.act.data.get("revision")
            if item.act.page_id is not None and number is not None:
                known.setdefault(item.act.page_id, set()).add(number)
        changed = _by_page(items, ("edited",), lambda page, own: revert_draft(page, own, actor=actor, message=message))
        shown = _by_page(
            items, ("published", "unpublished"), lambda page, own: revert_publishing(page, own, actor=actor)
        )
        _by_page(items, ("scheduled",), lambda page, own: revert_schedule(page, own, actor=actor))
        for item in items:
            if item.act.kind == "created":
                numbers = known.get(item.act.page_id or 0, set())
                _step([item], lambda item=item, numbers=numbers: revert_creation(item, numbers, actor=actor))  # type: ignore[misc]
        still = [pk for pk in changed if pk not in shown]
        live = get_page_model().objects.non_polymorphic().filter(pk__in=still, published_version__isnull=False)
        plan.still_public = sorted(live.values_list("pk", flat=True))


def _touched(act: Act) -> Iterable[int]:
    data = act.data
    found = [act.page_id, *(data.get("pages") or ())]
    if act.kind == "moved":
        found += [data["before"]["parent"], data["after"]["parent"]]
    return [pk for pk in found if pk is not None]


def _by_page(
    items: Sequence[Item], kinds: Sequence[str], work: Callable[[AbstractPage, list[Item]], object]
) -> list[int]:
    """Do ``work`` with each page and its acts; returns the keys of the pages it changed. A page in the bin is left alone."""
    by_page: dict[int, list[Item]] = {}
    for item in items:
        if item.act.kind not in kinds:
            continue
        if item.act.page_id is None:
            item.outcome, item.reason = "nothing", _("The page is gone for good.")
        else:
            by_page.setdefault(item.act.page_id, []).append(item)
    changed = []
    for pk, own in by_page.items():
        page: AbstractPage | None = get_page_model().all_objects.filter(pk=pk).first()
        if page is None or page.deleted_at is not None:
            for item in own:
                item.outcome, item.reason = "left", _("The page is in the bin.")
            continue
        done: list[object] = []
        _step(own, lambda page=page, own=own, done=done: done.append(work(page, own)))  # type: ignore[misc]
        if any(done):
            changed.append(pk)
    return changed


def _step(items: Sequence[Item], work: Callable[[], object]) -> None:
    """Do one part of the work, all of it or none; what refuses it is told."""
    try:
        with transaction.atomic(using=router.db_for_write(get_page_model())):
            work()
    except (NotFound, PermissionRefused):
        _refused(items, _("You may not do this."))
    except RequestRefused as error:
        _refused(items, str(error.detail) if error.errors is None else str(error))


def _refused(items: Sequence[Item], reason: str) -> None:
    for item in items:
        item.outcome, item.reason, item.blocks, item.fields = "left", reason, [], []


def _withdraw(item: Item, actor: Actor) -> None:
    proposal = Proposal.objects.filter(pk=item.act.data["proposal"]).select_related("page").first()
    if proposal is None or proposal.status != ProposalStatus.PENDING:
        item.outcome, item.reason = "nothing", _("It was decided already.")
        return
    reject_proposal(proposal, actor=actor)
