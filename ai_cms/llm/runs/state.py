"""Long work as runs: started here, carried out by an executor, watched through numbered events, cancelled, swept.

::

    @run_handler("page_draft")
    def draft(run: RunContext) -> dict[str, Any]:
        for event in stream(request, actor=run.actor, run=run):
            if isinstance(event, TextDelta):
                run.text(event.text)
        return {"page": 1}                       # the run's result, JSON

    run = start_run("page_draft", {"brief": "…"}, actor=request.user)

A run goes on when its watcher leaves. It is carried out with the rights of the actor who started it, and no more. A run
whose worker dies is marked interrupted by the sweeper; its text stays, its calls are settled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import LimitExceeded, RequestRefused, Unprocessable
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.core.registry import Registry

from ..conf import run_settings
from ..credits.reservation import fingerprint
from ..exceptions import LLMCancelled
from ..messages import CancelToken
from ..models import Run, RunStatus
from ..signals import run_finished
from ..workers import is_gone, lease, this_worker
from .events import ACTIVE, EventWriter, RunLost, append_event

__all__ = ["RunContext", "RunHandler", "cancel_run", "execute_run", "run_handler", "run_handlers", "start_run"]

logger = logging.getLogger("ai_cms.llm")

RunHandler = Callable[["RunContext"], Any]
run_handlers: Registry[RunHandler] = Registry("run handler")


def run_handler(name: str) -> Callable[[RunHandler], RunHandler]:
    """Register a function as the handler of runs called ``name``; it takes a RunContext and returns a JSON value."""

    def register(handler: RunHandler) -> RunHandler:
        return run_handlers.register(name, handler)

    return register


class RunContext:
    """What a handler has of its run.

    ``actor``: who started it. ``payload``: the JSON it was started with. ``cancel``: stops the provider's call when the
    run is cancelled; pass the context as ``run=`` to the gateway and that happens by itself.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.run_id = run.pk
        self.payload: dict[str, Any] = run.payload
        self.actor = _actor_of(run)
        self.cancel = CancelToken()
        self.events = EventWriter(run)

    def text(self, piece: str) -> None:
        """Show the watchers the next piece of text; it is kept in ``Run.text``. Raises LLMCancelled."""
        self.check()
        self.events.text(piece)

    def emit(self, type: str, data: dict[str, Any]) -> int:
        """Show the watchers an event of your own; return its number. Raises LLMCancelled."""
        self.check()
        return self.events.emit(type, data)

    def check(self) -> None:
        """Raise LLMCancelled if the run has been cancelled; call it between steps that take long."""
        if self.cancel.cancelled:
            raise LLMCancelled(reason="the run was cancelled")


def start_run(
    handler: str,
    payload: dict[str, Any],
    *,
    actor: Actor | Any,
    target: models.Model | None = None,
    target_label: str = "",
    idempotency_key: str = "",
) -> Run:
    """Make a run and hand it to the executor once the transaction has committed.

    The same ``idempotency_key`` of the same user and the same payload returns the first run. Raises NotRegistered (no
    such handler), PermissionRefused, LimitExceeded (too many open runs), Unprocessable (key used otherwise).
    """
    run_handlers[handler]
    who = Actor.of(actor)
    get_policy(Run).require(who, "add")
    key = idempotency_key[:200] or None
    request_hash = fingerprint([handler, payload, target_label, str(target.pk) if target is not None else ""])
    about: dict[str, Any] = {"target_label": target_label[:200]}
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
                payload=payload,
                idempotency_key=key,
                request_hash=request_hash,
                **about,
            )
            append_event(Run.objects.filter(pk=run.pk), run.pk, "queued", {})
    except IntegrityError:
        return _same(Run.objects.get(user=who.account, idempotency_key=key), request_hash)
    from .executors.pool import get_executor

    get_executor().start_after_commit(run.pk)
    run.refresh_from_db()
    return run


def cancel_run(run: Run, *, actor: Actor | Any) -> Run:
    """Cancel a run: at once if it waits, else its worker stops within a moment. Cancelling a finished run does nothing.

    Raises NotFound, PermissionRefused.
    """
    get_policy(Run).require(actor, "cancel", run)
    waiting = Run.objects.filter(pk=run.pk, status__in=(RunStatus.QUEUED, RunStatus.REQUIRES_ACTION))
    now = timezone.now()
    if append_event(
        waiting, run.pk, "cancelled", {}, status=RunStatus.CANCELLED, cancel_requested=True, finished_at=now
    ):
        _announce(run.pk)
    else:
        Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
            status=RunStatus.CANCELLING, cancel_requested=True
        )
        from .executors.pool import cancel_here

        cancel_here(run.pk)
    run.refresh_from_db()
    return run


def claim_run(run_id: Any) -> Run | None:
    """Make a queued run this process's; ``None`` if it is somebody else's or no longer waits."""
    claimed = Run.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
        status=RunStatus.RUNNING,
        attempt=F("attempt") + 1,
        worker=this_worker(),
        lease_until=lease(run_settings.RUN_LEASE_SECONDS),
        started_at=timezone.now(),
    )
    return Run.objects.get(pk=run_id) if claimed else None


def execute_run(run_id: Any, watch: Callable[[RunContext], AbstractContextManager[Any]] = nullcontext) -> bool:
    """Claim and carry out a run; say whether this did. Executors call it; it raises nothing that a handler raises.

    ``watch``: a context manager around the work of a run that was claimed, for executors that renew leases and pass on
    cancellations.
    """
    run = claim_run(run_id)
    if run is None:
        return False
    context = RunContext(run)
    with watch(context):
        _carry_out(context)
    return True


def _carry_out(context: RunContext) -> None:
    run = context.run
    try:
        context.events.emit("started", {"attempt": run.attempt})
        result = run_handlers[run.handler](context)
        finished = _finish(context, RunStatus.DONE, "done", {"result": result}, result=result)
    except RunLost:
        logger.warning("The run %s was given up before its worker had finished.", run.pk)
        return
    except LLMCancelled as error:
        finished = _finish(context, RunStatus.CANCELLED, "cancelled", {}, error_code=error.code)
    except RequestRefused as error:
        data = error.body()
        finished = _finish(
            context, RunStatus.ERROR, "error", data, error_code=error.code[:60], error_detail=str(error.detail)[:500]
        )
    except Exception:
        # A mistake in a handler: logged in full, told the client without its inside.
        logger.exception("The run %s (%s) failed.", run.pk, run.handler)
        data = {"detail": _("Something went wrong on our side."), "code": "internal_error"}
        finished = _finish(
            context, RunStatus.ERROR, "error", data, error_code="internal_error", error_detail=data["detail"]
        )
    if finished:
        _announce(run.pk)


def sweep_runs(limit: int = 100) -> int:
    """Mark runs whose worker is gone as interrupted; return their number. Safe while other processes do the same."""
    expired = list(Run.objects.abandoned()[:limit])
    orphans = [run for run in Run.objects.filter(status__in=ACTIVE)[:limit] if is_gone(run.worker)]
    swept = 0
    for run in {run.pk: run for run in [*expired, *orphans]}.values():
        mine = Run.objects.filter(pk=run.pk, attempt=run.attempt, lease_until=run.lease_until, status__in=ACTIVE)
        status = RunStatus.CANCELLED if run.cancel_requested else RunStatus.INTERRUPTED
        data = {"detail": _("The work was interrupted."), "code": "ai_interrupted"}
        fields = {"error_code": data["code"], "error_detail": data["detail"]} if status == RunStatus.INTERRUPTED else {}
        if append_event(mine, run.pk, status, data, status=status, finished_at=timezone.now(), **fields):
            swept += 1
            _announce(run.pk)
    return swept


def delete_old_runs() -> int:
    """Delete runs that finished longer ago than ``RUN_RETENTION_DAYS``, with their events; return their number."""
    days = run_settings.RUN_RETENTION_DAYS
    if days is None:
        return 0
    old = Run.objects.filter(finished_at__lt=timezone.now() - timedelta(days=days))
    _total, by_model = old.delete()
    return by_model.get(Run._meta.label, 0)


def _finish(context: RunContext, status: str, type: str, data: dict[str, Any], **fields: Any) -> bool:
    return context.events.finish(status, type, data, finished_at=timezone.now(), **fields)


def _announce(run_id: Any) -> None:
    run = Run.objects.get(pk=run_id)
    # Robust: what a receiver does wrong is nothing to the worker, or to the sweeper and its other runs.
    # No partial: to log what one raises, Django before 6.1 asks for a name that it lacks, and raises in turn.
    transaction.on_commit(lambda: run_finished.send(Run, instance=run), robust=True)


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


def _actor_of(run: Run) -> Actor:
    if run.via == "system":
        return Actor.system(run.handler)
    scopes = None if run.scopes is None else frozenset(run.scopes)
    if run.user is None:
        return Actor.anonymous()
    return Actor(user=run.user, scopes=scopes, via=run.via)
