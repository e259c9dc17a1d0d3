"""The executor that the setting ``RUNNER`` names.

``thread``: a bounded pool of threads in the process that started the run; it also picks up runs that a dead process
left queued. ``task``: Django's tasks framework. ``celery``: a Celery worker. ``inline``: the caller, for tests.
"""

from __future__ import annotations

import os
import threading

from django.utils.module_loading import import_string

from ai_cms.core.exceptions import AICMSError
from ai_cms.core.registry import Registry

from ...conf import run_settings
from ...models import Run, RunStatus
from .celery import CeleryExecutor
from .executor import Executor
from .inline import InlineExecutor
from .pool import ThreadExecutor
from .task import TaskExecutor

__all__ = ["executors", "get_executor", "start_waiting_runs"]

#: The executors by the name that ``RUNNER`` calls them.
executors: Registry[type[Executor]] = Registry("executor")
executors.register("thread", ThreadExecutor)
executors.register("task", TaskExecutor)
executors.register("celery", CeleryExecutor)
executors.register("inline", InlineExecutor)

_made: dict[str, Executor] = {}
_lock = threading.Lock()


def get_executor() -> Executor:
    """Return the executor that ``RUNNER`` names, one of a kind a process."""
    name = run_settings.RUNNER
    with _lock:
        if name not in _made:
            executor_class = executors.get(name) or import_string(name)
            if not (isinstance(executor_class, type) and issubclass(executor_class, Executor)):
                raise AICMSError(f"AI_CMS['RUNNER']: {name!r} is not an Executor.")
            _made[name] = executor_class()
        return _made[name]


def start_waiting_runs() -> int:
    """Hand runs that wait although nobody is about to take them to the executor; return their number."""
    waiting = list(
        Run.objects.filter(status=RunStatus.QUEUED).order_by("created_at").values_list("pk", flat=True)[:100]
    )
    for run_id in waiting:
        get_executor().start(run_id)
    return len(waiting)


def _begin_anew() -> None:
    """Make executors anew in a forked process: it has none of its parent's threads."""
    global _lock
    _made.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
