"""Fixtures of the desk's tests: a small site, and people with different rights in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_cms.pages.models import PageGroupPermission
from tests.conftest import make_user
from tests.pages.browser.conftest import chromium, watch
from tests.pages.conftest import page_factory, root, site, system

__all__ = ["chromium", "page_factory", "root", "site", "system", "watch"]


@pytest.fixture
def url() -> Callable[..., str]:
    """Return a function that gives the URL of one of the studio's views."""
    return lambda name, *args: reverse(f"ai_cms_studio:{name}", args=args)


def browser_of(user: Any, **headers: Any) -> Client:
    """Return a client in which ``user`` is logged in."""
    client = Client(headers=headers)
    client.force_login(user)
    return client


@pytest.fixture
def boss(superuser: Any) -> Client:
    """Return a client in which a superuser is logged in."""
    return browser_of(superuser)


@pytest.fixture
def script(superuser: Any) -> Client:
    """Return a client that asks for JSON, as the studio's scripts do."""
    return browser_of(superuser, accept="application/json")


@pytest.fixture
def tree(root: Any, page_factory: Callable[..., Any]) -> dict[str, Any]:
    """Return pages by name: home, a section with two pages in it, and a page beside it, published but for one."""
    garden = page_factory("Garden", publish=True)
    return {
        "home": root,
        "garden": garden,
        "ferns": page_factory("Ferns", parent=garden, publish=True),
        "mosses": page_factory("Mosses", parent=garden),
        "visit": page_factory("Visit", publish=True),
    }


@pytest.fixture
def gardener(editor: Any, tree: dict[str, Any]) -> Any:
    """Return an editor whose group may do everything in the garden, and nothing elsewhere."""
    group = editor.groups.get()
    PageGroupPermission.objects.create(
        group=group, page=tree["garden"], can_add=True, can_change=True, can_delete=True, can_publish=True
    )
    return editor


@pytest.fixture
def writer(tree: dict[str, Any]) -> Any:
    """Return somebody who may write in the garden, but not publish or delete."""
    from django.contrib.auth.models import Group

    user = make_user("writer")
    group = Group.objects.create(name="Writers")
    user.groups.add(group)
    PageGroupPermission.objects.create(group=group, page=tree["garden"], can_add=True, can_change=True)
    return user


def reread(page: Any) -> Any:
    """Return a page as it is now, deleted or not."""
    return type(page).all_objects.get(pk=page.pk)
