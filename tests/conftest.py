"""Fixtures for all tests."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from ai_cms.core.permissions import Actor
from tests import matrix

TESTS = Path(__file__).parent

# The same cases each time, so that a red run is the change's doing, and none is red because the machine is busy: what takes
# too long is said by tests that count or compare. HYPOTHESIS_PROFILE=explore looks for new ones.
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("steady", derandomize=True, print_blob=True, **PATIENT)
hypothesis.settings.register_profile("explore", print_blob=True, **PATIENT)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs in every cell and what runs from outside, and leave out what needs a PostgreSQL when the tests run on another database."""
    for item in items:
        path = item.path.relative_to(TESTS).as_posix()
        if path in matrix.PATHS:
            item.add_marker("matrix")
        if path.startswith(matrix.PROCESSES):
            item.add_marker("processes")
        if path in matrix.THOROUGH:
            item.add_marker("thorough")
        if path.startswith(matrix.RACES):
            item.add_marker("races")
        fixtures = set(getattr(item, "fixturenames", ()))
        asks = item.get_closest_marker("django_db") or matrix.DATABASE_FIXTURES & fixtures
        if (asks or path.startswith(matrix.DATABASES)) and path not in matrix.ELSEWHERE:
            item.add_marker("database")
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: run with --ds=tests.settings.postgres"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take what has been imported out of the collector's sight: it stays, and need not be walked again and again."""
    gc.collect()
    gc.freeze()


def make_user(name: str, /, **extra: Any) -> Any:
    """Make a user that can log in, of whichever model is in use."""
    users: Any = get_user_model().objects
    if get_user_model().USERNAME_FIELD == "email":
        return users.create_user(f"{name}@example.com", "password", username=name, **{"is_verified": True, **extra})
    return users.create_user(name, f"{name}@example.com", "password", **extra)


#: Last statements of connections that were still open when everything had been run.
LEFT_OPEN = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, pytestconfig: pytest.Config) -> Iterator[None]:
    """Drop the database only when servers that tests started, and ended, have let go of it.

    A connection that stays is somebody's leak. It is ended, or the last test of the run would be blamed, and told at the end.
    """
    yield
    from django.db import connection

    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            left: list[str] = []
            for _ in range(50):
                cursor.execute(f"SELECT query {others}")
                left = [query for (query,) in cursor.fetchall()]
                if not left:
                    break
                time.sleep(0.1)
            pytestconfig.stash[LEFT_OPEN] = left
            cursor.execute(f"SELECT pg_terminate_backend(pid) {others}")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name the connections that tests left open."""
    for query in config.stash.get(LEFT_OPEN, []):
        terminalreporter.write_line(f"LEFT OPEN: a connection to the test database, after: {query[:300]}")


@pytest.fixture(scope="session", autouse=True)
def _quick_flushing() -> Iterator[None]:
    """Spare tests with real transactions a tenth of a second each."""
    from django.test import TransactionTestCase

    from tests.flushing import Flushing

    with pytest.MonkeyPatch.context() as patch:
        flushing = Flushing(TransactionTestCase._fixture_teardown)
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: flushing(case))
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_pictures() -> Iterator[None]:
    """Start no process for a picture that has been worked on; ``worker`` marks tests that are about the process."""
    from ai_cms.assets.imaging import client
    from tests.assets.once import Once

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_run", Once(client._run))
        yield


@pytest.fixture(autouse=True)
def _uncalibrated() -> None:
    """Estimate as if no model had been called before."""
    from ai_cms.llm.tokens import calibration

    calibration.clear()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tell whether a test is about the process that works on pictures."""
    from tests.assets.once import Once

    Once.remembers = item.get_closest_marker("worker") is None


@pytest.fixture
def superuser(db: None) -> Any:
    return make_user("admin", is_staff=True, is_superuser=True)


@pytest.fixture
def editor(db: None) -> Any:
    """Return a staff user in the group Editors, without any permission of its own."""
    from django.contrib.auth.models import Group

    user = make_user("editor", is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="Editors")[0])
    return user


@pytest.fixture
def member(db: None) -> Any:
    return make_user("member")


@pytest.fixture
def actor(superuser: Any) -> Actor:
    """Return an actor who may do everything a user may."""
    return Actor.of(superuser)


@pytest.fixture
def api_client() -> APIClient:
    return APIClient()
