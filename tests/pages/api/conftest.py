"""Fixtures for the REST tests of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.core.tokens import create_token


@pytest.fixture
def client_of() -> Callable[..., APIClient]:
    """Return a function that makes a client of a user, by session or with a token of ``scopes``."""

    def make(user: Any = None, *scopes: str) -> APIClient:
        client = APIClient()
        if user is not None and scopes:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user, scopes=scopes)[1]}")
        elif user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def admin(client_of: Callable[..., APIClient], superuser: Any) -> APIClient:
    """Return a client that may do everything."""
    return client_of(superuser)


def heading(text: str = "Bread", **extra: Any) -> dict[str, Any]:
    """Return a block as clients write it."""
    return {"type": "heading", "props": {"text": text, "level": 2}, **extra}
