"""Long work as runs: started and cancelled here, carried out by an executor, watched through numbered events.

::

    @run_handler("page_draft")
    def draft(run: RunContext) -> JsonObject:
        for event in stream(request, actor=run.actor, run=run):
            if isinstance(event, TextDelta):
                run.text(event.text)
        return {"page": 1}                       # the run's result, JSON

    run = start_run("page_draft", {"brief": "…"}, actor=request.user)

A run goes on when its watcher leaves. It is carried out with the rights of the actor who started it, and no more. A run
whose worker dies is marked interrupted by the sweeper; its text stays, its calls are settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import LimitExceeded, Unprocessable
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor, ActorLike, get_policy

from ...core.jsontypes import JsonObject
from ..conf import run_settings
from ..credits.reservation import fingerprint
from ..models import Run, RunStatus
from .context import run_handlers
from .events import append_event, append_events
from .execution import announce
from .executors.runner import get_executor
from .executors.watch import cancel_here

__all__ = ["cancel_run", "hand_over", "resume_run", "start_run"]


def start_run(
    handler: str,
    payload: JsonObject,
    *,
    actor: ActorLike,
    target: models.Model | None = None,
    target_label: str = "",
    idempotency_key: str = "",
    start: bool = True,
) -> Run:
    """Make a run and hand it to the executor once the transaction has committed.

    ``start``: false where the caller hands it over itself, after what belongs to it has been stored.

    The same ``idempotency_key`` of the same user and the same payload returns the first run. Raises NotRegistered (no
    such handler), PermissionRefused, LimitExceeded (too many open runs), Unprocessable (key used otherwise).
    """
    run_handlers[handler]
    who = Actor.of(actor)
    get_policy(Run).require(who, "add")
    key = idempotency_key[:200] or None
    request_hash = fingerprint([handler, payload, target_label, str(target.pk) if target is not None else ""])
    about: Columns = {"target_label": target_label[:200]}
    if target is not None:
        about |= {"content_type": ContentType.objects.get_for_model(target), "object_id": str(target.pk)}
        about["target_label"] = about["target_label"] or str(target)[:200]
    try:
        with transaction.atomic():
            if who.account is not None:
                _lock(who.account)
                earlier = Run.objects.filter(user=who.account, idempotency_key=key).first() if key else None
                if earlier is not None:
                    return _same(earlier, request_hash)
                _check_open_runs(who.account)
            run = Run.objects.create(
                handler=handler,
                user=who.account,
                scopes=None if who.scopes is None else sorted(who.scopes),
                via="system" if who.is_system else who.via,
                label=who.label[:200],
                agent=None if who.agent is None else who.agent.to_json(),
                payload=payload,
                idempotency_key=key,
                request_hash=request_hash,
                **about,
            )
            append_event(Run.objects.filter(pk=run.pk), run.pk, "queued", {})
    except IntegrityError:
        return _same(Run.objects.get(user=who.account, idempotency_key=key), request_hash)
    if start:
        hand_over(run.pk)
    run.refresh_from_db()
    return run


def hand_over(run_id: UUID) -> None:
    """Have a run that was stored carried out, once the present transaction, if there is one, has committed."""
    get_executor().start_after_commit(run_id)


def cancel_run(run: Run, *, actor: ActorLike) -> Run:
    """Cancel a run: at once if it waits, else its worker stops within a moment. Cancelling a finished run does nothing.

    Raises NotFound, PermissionRefused.
    """
    get_policy(Run).require(actor, "cancel", run)
    waiting = Run.objects.filter(pk=run.pk, status__in=(RunStatus.QUEUED, RunStatus.REQUIRES_ACTION))
    now = timezone.now()
    if append_event(
        waiting, run.pk, "cancelled", {}, status=RunStatus.CANCELLED, cancel_requested=True, finished_at=now
    ):
        announce(run.pk)
    else:
        Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
            status=RunStatus.CANCELLING, cancel_requested=True
        )
        cancel_here(run.pk)
    run.refresh_from_db()
    return run


def resume_run(run_id: UUID, events: Sequence[tuple[str, JsonObject]] = (), *, start: bool = True) -> bool:
    """Have a run that waits for a person go on, from the beginning of its handler; return whether it waited.

    ``events``: what its watchers are told first. ``start``: as for start_run(). Whoever calls this has asked for the right to
    decide.
    """
    waiting = Run.objects.filter(pk=run_id, status=RunStatus.REQUIRES_ACTION)
    if append_events(waiting, run_id, list(events), status=RunStatus.QUEUED, lease_until=None) is None:
        return False
    if start:
        hand_over(run_id)
    return True


def _lock(user: Any) -> None:
    """Have those who start runs for ``user`` come one after the other, so that no two count the same free place.

    On SQLite the transaction has done so already (``transaction_mode: IMMEDIATE``).
    """
    no_key = connection.features.has_select_for_no_key_update
    users = user._meta.base_manager.select_for_update(no_key=no_key)
    users.filter(pk=user.pk).values_list("pk").first()


def _check_open_runs(user: Any) -> None:
    limit = run_settings.RUN_OPEN_PER_USER
    if limit is not None and Run.objects.open().filter(user=user).count() >= limit:
        raise LimitExceeded(_("Too many of your AI jobs are still running."), code="ai_too_many_runs", retry_after=10)


def _same(earlier: Run, request_hash: str) -> Run:
    if earlier.request_hash != request_hash:
        raise Unprocessable(_("This key was used for another request."), code="idempotency_conflict")
    return earlier
