"""Fixtures for the tests of core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.core import flags, health, permissions
from ai_cms.core.models import RuntimeFlag

from .views import FlagPolicy


@pytest.fixture(autouse=True)
def fresh_memos() -> Iterator[None]:
    """Forget what processes remember for a moment."""
    flags.forget_flags()
    health.forget_result()
    yield
    flags.forget_flags()
    health.forget_result()


@pytest.fixture(autouse=True)
def core_urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.core.urls"


@pytest.fixture
def flag_policy() -> Iterator[FlagPolicy]:
    before = dict(permissions._policies)
    policy = FlagPolicy()
    permissions.register_policy(RuntimeFlag, policy)
    yield policy
    permissions._policies.clear()
    permissions._policies.update(before)


@pytest.fixture
def client_of() -> Any:
    """Return a function that makes an API client logged in as a user."""

    def make(user: Any) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return make
