"""The Celery task of runs. Only a Celery worker imports this module; Celery is no dependency."""

from __future__ import annotations

from typing import Any

__all__ = ["TASK_NAME", "register"]

TASK_NAME = "ai_cms.llm.carry_out_run"


def register(app: Any) -> Any:
    """Add the task to a Celery ``app``; the project's ``celery.py`` calls it once: ``register(app)``."""

    @app.task(name=TASK_NAME, acks_late=True)  # type: ignore[untyped-decorator]
    def carry_out_run(run_id: str) -> bool:
        from .pool import execute_watched

        return execute_watched(run_id)

    return carry_out_run
