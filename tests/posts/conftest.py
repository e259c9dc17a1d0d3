"""Fixtures for the tests of posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.core.permissions import Actor
from ai_cms.pages.models import Site
from ai_cms.pages.services import create_site
from ai_cms.posts.services import create_category, create_post


@pytest.fixture
def system() -> Actor:
    """Return the actor of a management command."""
    return Actor.system("tests")


@pytest.fixture
def site(db: None) -> Site:
    return create_site(hostname="testserver", name="Test site", title="Home")


@pytest.fixture
def make_post(site: Site, system: Actor) -> Callable[..., Any]:
    """Return a function that makes a post on the test site."""

    def make(title: str = "A post", **options: Any) -> Any:
        options.setdefault("actor", system)
        options.setdefault("site", site)
        return create_post(title=title, **options)

    return make


@pytest.fixture
def make_category(system: Actor) -> Callable[..., Any]:
    """Return a function that makes a category."""

    def make(name: str, **options: Any) -> Any:
        return create_category(actor=system, name=name, **options)

    return make


@pytest.fixture
def client_of() -> Callable[[Any], APIClient]:
    """Return a function that makes a client of somebody who is logged in."""

    def make(user: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make
