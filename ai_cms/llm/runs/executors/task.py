"""Work for the tasks framework."""

from __future__ import annotations

from ai_cms.core.tasks import task

__all__ = ["carry_out_run"]


@task
def carry_out_run(run_id: str) -> bool:
    """Carry out a run; a run that somebody else has taken is left alone."""
    from .pool import execute_watched

    return execute_watched(run_id)
