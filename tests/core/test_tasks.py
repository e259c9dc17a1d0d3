from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from ai_cms.core.tasks import enqueue, enqueue_on_commit, task

DONE: list[Any] = []


@task
def remember(value: int, *, twice: bool = False) -> None:
    DONE.extend([value, value] if twice else [value])


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    DONE.clear()


@pytest.mark.django_db
def test_tasks_run_at_once_by_default() -> None:
    enqueue(remember, 1, twice=True)
    assert DONE == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_tasks_wait_for_the_commit() -> None:
    with transaction.atomic():
        enqueue_on_commit(remember, 2)
        assert DONE == []
    assert DONE == [2]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_forgets_the_task() -> None:
    with transaction.atomic():
        enqueue_on_commit(remember, 3)
        transaction.set_rollback(True)
    assert DONE == []


@pytest.mark.django_db(transaction=True)
def test_a_backend_that_is_down_does_not_fail_the_request(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.AI_CMS = {"TASK_BACKEND": "missing"}
    with transaction.atomic():
        enqueue_on_commit(remember, 4)
    assert DONE == []
    assert "Error calling" in caplog.text


@pytest.mark.django_db
def test_the_setting_chooses_the_backend(settings: Any) -> None:
    default = {"BACKEND": f"{_package()}.backends.immediate.ImmediateBackend"}
    settings.TASKS = {"default": default, "kept": {"BACKEND": f"{_package()}.backends.dummy.DummyBackend"}}
    settings.AI_CMS = {"TASK_BACKEND": "kept"}
    result = enqueue(remember, 5)
    assert DONE == []
    assert result.backend == "kept"


def _package() -> str:
    import django

    return "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"
