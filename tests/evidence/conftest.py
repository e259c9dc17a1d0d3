"""Fixtures for the tests of evidence: a site, an agent that works for a person, and people who work beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import PageGroupPermission, Site


def heading(name: str, text: str = "") -> dict[str, Any]:
    return {"id": name, "type": "heading", "props": {"text": text or name, "level": 2}}


def section(name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "type": "section", "props": {"title": name}, "children": list(children)}


def update(name: str, text: str) -> dict[str, Any]:
    return {"op": "update", "id": name, "props": {"text": text}}


def fresh(page: Any) -> Any:
    return get_page_model().all_objects.get(pk=page.pk)


def text_of(page: Any, name: str) -> str | None:
    block = fresh(page).content_json.find(name)
    return None if block is None else block["props"]["text"]


@pytest.fixture
def system() -> Actor:
    return Actor.system("tests")


@pytest.fixture
def site(db: None) -> Site:
    return services.create_site(hostname="testserver", name="Test site", title="Home")


@pytest.fixture
def person(superuser: Any) -> Actor:
    """Return a person at the screen who may do everything."""
    return Actor.of(superuser)


@pytest.fixture
def agent(superuser: Any) -> Actor:
    """Return an agent that works for the same person."""
    return Actor(user=superuser, via="agent", label="Robo")


@pytest.fixture
def page_factory(site: Site, system: Actor) -> Callable[..., Any]:
    """Return a function that makes a page below the home page."""

    def make(title: str = "A page", *content: Any, **options: Any) -> Any:
        options.setdefault("actor", system)
        options.setdefault("parent", site.root)
        return services.create_page(title=title, content=list(content), **options)

    return make


@pytest.fixture
def grant(editor: Any) -> Callable[..., PageGroupPermission]:
    """Return a function that grants the Editors everything below a page."""

    def give(page: Any) -> PageGroupPermission:
        flags = {f"can_{action}": True for action in ("add", "change", "delete", "publish")}
        return PageGroupPermission.objects.create(group=editor.groups.get(), page=page, **flags)

    return give
