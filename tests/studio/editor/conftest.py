"""An editor of a page in a browser, on a live server with a strict policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import PageGroupPermission, Site
from tests.conftest import make_user
from tests.pages.browser.conftest import Watched, chromium, watch

from .driving import Editing

__all__ = ["chromium", "edit", "home", "watch"]


@pytest.fixture
def home(db: None) -> Any:
    """Return the first page of a site."""
    site: Site = services.create_site(hostname="testserver", name="Bread", title="Home")
    return site.root


@pytest.fixture
def edit(watch: Callable[..., Watched], home: Any) -> Callable[..., Editing]:
    """Return a function that makes a page with blocks and opens it in the editor, for a user of its own unless one is given."""
    count = 0

    def open_page(blocks: list[Any] | None = None, *, page: Any = None, user: Any = None, **options: Any) -> Editing:
        nonlocal count
        count += 1
        person = user or make_user(f"editor{count}", is_staff=True, is_superuser=True)
        if page is None:
            page = services.create_page(
                actor=Actor.of(person), parent=home, title=f"Page {count}", content=blocks if blocks is not None else []
            )
        editing = Editing(watch(person, **{"viewport": {"width": 1440, "height": 900}, **options}), page, person)
        editing.open()
        return editing

    return open_page


@pytest.fixture
def grant(editor: Any) -> Callable[..., Any]:
    """Return a function that grants the Editors rights below a page."""

    def give(page: Any, *actions: str) -> Any:
        flags = {f"can_{action}": True for action in actions}
        return PageGroupPermission.objects.create(group=editor.groups.get(), page=page, **flags)

    return give
