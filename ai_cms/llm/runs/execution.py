"""The carrying out of a run: claimed by one worker, begun, brought to an end that is written down."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.acting import in_run
from ai_cms.core.exceptions import RequestRefused

from ..conf import run_settings
from ..credits.settlement import release_reservations_of
from ..exceptions import LLMCancelled
from ..models import Run, RunStatus
from ..signals import run_finished
from ..workers import lease, this_worker
from .context import RunContext, run_handlers
from .events import RunLost, RunPaused

__all__ = ["announce", "claim_run", "execute_run"]

logger = logging.getLogger("ai_cms.llm")


def claim_run(run_id: UUID | str) -> Run | None:
    """Make a queued run this process's; ``None`` if it is somebody else's or no longer waits."""
    claimed = Run.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
        status=RunStatus.RUNNING,
        attempt=F("attempt") + 1,
        worker=this_worker(),
        lease_until=lease(run_settings.RUN_LEASE_SECONDS),
        started_at=timezone.now(),
    )
    return Run.objects.get(pk=run_id) if claimed else None


def execute_run(run_id: UUID | str, watch: Callable[[RunContext], AbstractContextManager[Any]] = nullcontext) -> bool:
    """Claim and carry out a run; return whether this did. Executors call it; it raises nothing that a handler raises.

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
        with in_run(run.pk):
            result = run_handlers[run.handler](context)
        finished = _finish(context, RunStatus.DONE, "done", {"result": result}, result=result)
    except RunPaused as pause:
        if not context.events.paused:
            context.events.pause(pause.until)
        return
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
        announce(run.pk)


def _finish(context: RunContext, status: str, type: str, data: dict[str, Any], **fields: object) -> bool:
    return context.events.finish(status, type, data, finished_at=timezone.now(), **fields)


def announce(run_id: UUID) -> None:
    """Tell the receivers of run_finished once the end of the run has been committed."""
    release_reservations_of(run_id)
    run = Run.objects.get(pk=run_id)
    # Robust: what a receiver does wrong is nothing to the worker, or to the sweeper and its other runs.
    # No partial: to log what one raises, Django before 6.1 asks for a name that it lacks, and raises in turn.
    transaction.on_commit(lambda: run_finished.send(Run, instance=run), robust=True)
