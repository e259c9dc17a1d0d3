"""The version a caller expects is looked at under the lock: a save that passes between look and lock refuses the write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from ai_cms.pages import get_page_model, services, tree
from ai_cms.pages.exceptions import PageStale
from ai_cms.pages.services import bin as bin_module
from ai_cms.pages.services import copying, drafts, publishing, structure

Write = Callable[[Any, Any, Any], Any]
WRITES: dict[str, Write] = {
    "move": lambda page, goal, actor: services.move_page(page, goal, actor=actor, expected_version=1),
    "reorder": lambda page, goal, actor: services.reorder_pages(page, [], actor=actor, expected_version=1),
    "copy": lambda page, goal, actor: services.copy_page(page, goal, actor=actor, expected_version=1),
    "delete": lambda page, goal, actor: services.delete_page(page, actor=actor, expected_version=1),
    "publish": lambda page, goal, actor: services.publish_page(page, actor=actor, expected_version=1),
    "unpublish": lambda page, goal, actor: services.unpublish_page(page, actor=actor, expected_version=1),
    "schedule": lambda page, goal, actor: services.schedule_page(page, actor=actor, expected_version=1),
    "restore a revision": lambda page, goal, actor: services.restore_revision(page, 1, actor=actor, expected_version=1),
    "save": lambda page, goal, actor: services.update_page(
        page, actor=actor, fields={"title": "Mine"}, expected_version=1
    ),
    "rename": lambda page, goal, actor: services.update_page(page, actor=actor, slug="mine", expected_version=1),
}


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return a function that makes another write pass just before the next lock is taken."""

    def arm(write: Callable[[], Any]) -> None:
        waiting = [write]

        def let_it_pass(real: Any) -> Any:
            @contextmanager
            def locked(*args: Any, **kwargs: Any) -> Any:
                if waiting:
                    waiting.pop()()
                with real(*args, **kwargs) as found:
                    yield found

            return locked

        for module in (drafts, publishing):
            monkeypatch.setattr(module, "locked_page", let_it_pass(module.locked_page))
        for module in (structure, copying, bin_module, drafts):
            assert module.tree is tree
        monkeypatch.setattr(tree, "locked_trees", let_it_pass(tree.locked_trees))

    return arm


@pytest.mark.parametrize("name", WRITES)
def test_a_save_between_look_and_lock_is_noticed(name: str, passing: Any, page_factory: Any, system: Any) -> None:
    goal, page = page_factory("Goal"), page_factory("Page", publish=True)
    stale = get_page_model().objects.get(pk=page.pk)
    passing(lambda: services.update_page(page, actor=system, fields={"title": "Theirs"}))
    with pytest.raises(PageStale) as caught:
        WRITES[name](stale, goal, system)
    assert caught.value.body()["current_version"] == 2
    page.refresh_from_db()
    assert (page.title, page.version, page.path, page.live) == ("Theirs", 2, "/page/", True)
    assert get_page_model().objects.count() == 3


@pytest.mark.parametrize("name", ["restore", "purge"])
def test_the_bin_looks_under_the_lock_too(name: str, passing: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Page")
    services.delete_page(page, actor=system)
    rows = get_page_model().all_objects.filter(pk=page.pk)
    passing(lambda: rows.update(version=2))
    write = services.restore_page if name == "restore" else services.purge_page
    with pytest.raises(PageStale):
        write(page, actor=system, expected_version=1)
    assert rows.get().deleted_at is not None
