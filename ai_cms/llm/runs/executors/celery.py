"""Runs carried out by a Celery worker. Celery is no dependency: it is imported where a run is sent to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from .executor import Executor
from .watch import execute_watched

__all__ = ["TASK_NAME", "CeleryExecutor", "register"]

TASK_NAME = "ai_cms.llm.carry_out_run"


def register(app: Any) -> Any:
    """Add the task to a Celery ``app``; the project's ``celery.py`` calls it once: ``register(app)``."""

    @app.task(name=TASK_NAME, acks_late=True)  # type: ignore[untyped-decorator]
    def carry_out_run(run_id: str) -> bool:
        return execute_watched(run_id)

    return carry_out_run


class CeleryExecutor(Executor):
    """Send runs to Celery; the project's ``celery.py`` calls ``ai_cms.llm.runs.executors.celery.register(app)``."""

    def start(self, run_id: UUID) -> None:
        from celery import current_app  # type: ignore[import-not-found]

        current_app.send_task(TASK_NAME, args=[str(run_id)])
