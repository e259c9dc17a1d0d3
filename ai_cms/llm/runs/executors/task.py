"""Runs carried out by a worker of the tasks framework."""

from __future__ import annotations

from uuid import UUID

from ai_cms.core.tasks import enqueue, task

from .executor import Executor
from .watch import execute_watched

__all__ = ["TaskExecutor", "carry_out_run"]


@task
def carry_out_run(run_id: str) -> bool:
    """Carry out a run; a run that somebody else has taken is left alone."""
    return execute_watched(run_id)


class TaskExecutor(Executor):
    """Send runs to the tasks framework, to the backend ``AI_CMS["TASK_BACKEND"]``."""

    def start(self, run_id: UUID) -> None:
        enqueue(carry_out_run, str(run_id))
