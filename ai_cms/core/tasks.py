"""Background tasks: Django's own framework where it exists (6.0 and newer), the package ``django-tasks`` on 5.2.

Tasks run at once in the same process until the project names another backend in ``TASKS``; that can be a database
queue, RQ or Celery, whatever has a backend for the framework.
"""

from __future__ import annotations

from typing import Any

import django
from django.db import transaction

from .conf import core_settings

__all__ = ["enqueue", "enqueue_on_commit", "task"]

if django.VERSION >= (6, 0):
    from django.tasks import task
else:
    try:
        from django_tasks import task  # type: ignore[no-redef]
    except ImportError as error:
        raise ImportError("ai_cms needs the package django-tasks on Django 5.2: pip install django-tasks") from error


def enqueue(job: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Send ``job``, made with :func:`task`, to the backend ``AI_CMS["TASK_BACKEND"]``; return its result handle.

    The arguments must be JSON values: primary keys, not objects.
    """
    return job.using(backend=core_settings.TASK_BACKEND).enqueue(*args, **kwargs)


def enqueue_on_commit(job: object, /, *args: object, **kwargs: object) -> None:
    """Send ``job`` once the current transaction has committed, never if it rolls back.

    A backend that is down is logged and does not fail the request, whose work is committed by then.
    """

    def send() -> None:
        enqueue(job, *args, **kwargs)

    transaction.on_commit(send, robust=True)
