"""Fixtures for the tests of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import PageGroupPermission, Site


@pytest.fixture
def system() -> Actor:
    """Return the actor of a management command."""
    return Actor.system("tests")


@pytest.fixture
def site(db: None) -> Site:
    return services.create_site(hostname="testserver", name="Test site", title="Home")


@pytest.fixture
def root(site: Site) -> Any:
    return site.root


@pytest.fixture
def page_factory(root: Any, system: Actor) -> Callable[..., Any]:
    """Return a function that makes a page below the home page, or below ``parent``."""

    def make(title: str = "A page", **options: Any) -> Any:
        options.setdefault("actor", system)
        options.setdefault("parent", root)
        return services.create_page(title=title, **options)

    return make


@pytest.fixture
def grant(editor: Any) -> Callable[..., PageGroupPermission]:
    """Return a function that grants the Editors rights below a page."""

    def give(page: Any, *actions: str) -> PageGroupPermission:
        flags = {f"can_{action}": True for action in actions or ("add", "change", "delete", "publish")}
        return PageGroupPermission.objects.create(group=editor.groups.get(), page=page, **flags)

    return give
