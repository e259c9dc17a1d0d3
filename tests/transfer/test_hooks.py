"""Hooks and importers of a host project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ai_cms import transfer as public
from ai_cms.core.exceptions import AlreadyRegistered, NotRegistered
from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Autodiscovery
from ai_cms.pages.treecheck import check_tree
from ai_cms.transfer import Importer, ImportHook, ImportItem, ImportRefused, importers, run_import
from ai_cms.transfer.registry import ImporterRegistry

from .conftest import messages, page_at, state
from .wxr_maker import Item, page

Import = Callable[..., dict[str, Any]]


def test_hooks_see_every_item_before_and_after(import_wxr: Import) -> None:
    seen: list[tuple[str, str, bool]] = []

    class Rename(ImportHook):
        importers = ("wordpress",)

        def before_item(self, item: ImportItem) -> ImportItem | None:
            if item.title == "Secret":
                return None
            item.title = item.title.upper()
            item.metadata["section"] = "archive"
            item.blocks.append({"type": "divider", "props": {}})
            return item

        def after_item(self, item: ImportItem, page: Any, created: bool) -> None:
            seen.append((item.key, page.path, created))

    items = [page(1, "Rye", name="rye"), page(2, "Secret"), Item(3, "Post", name="post")]
    with importers.temporarily(Rename):
        summary = import_wxr(items)
        assert (summary["created"], summary["skipped"]) == (2, 1)
        items[0].title = "Dark rye"
        assert import_wxr(items)["changed"] == 1
    assert page_at("/rye/").title == "DARK RYE"
    assert page_at("/rye/").metadata["section"] == "archive"
    assert page_at("/rye/").content_json.blocks[-1]["type"] == "divider"
    assert ("page:1", "/rye/", True) in seen
    assert ("page:1", "/rye/", False) in seen


def test_hooks_for_another_importer_are_not_asked(import_wxr: Import) -> None:
    class Never(ImportHook):
        importers = ("markdown",)

        def before_item(self, item: ImportItem) -> ImportItem | None:
            raise AssertionError

    with importers.temporarily(Never):
        assert import_wxr([page(1, "Rye")])["created"] == 1


def test_an_error_in_a_hook_takes_everything_back(import_wxr: Import) -> None:
    class Fail(ImportHook):
        def after_item(self, item: ImportItem, page: Any, created: bool) -> None:
            raise RuntimeError("no room on the shelf")

    before = state()
    with importers.temporarily(Fail), pytest.raises(RuntimeError, match="shelf"):
        import_wxr([page(1, "Rye")])
    assert state() == before


def test_invalid_blocks_of_a_hook_keep_their_words(import_wxr: Import) -> None:
    class Broken(ImportHook):
        def before_item(self, item: ImportItem) -> ImportItem | None:
            item.blocks = [
                {"type": "heading", "props": {"text": "T" * 600, "level": 9}},
                {"type": "nowhere", "props": {"words": "Kept words", "src": "https://x.example/a.jpg"}},
                {"type": "columns", "props": {}, "children": [{"type": "quote", "props": {"text": "Inside"}}]},
                {"type": "raw_html", "props": {"html": "<script>alert(1)</script><p>Raw words</p>"}},
            ]
            return item

    with importers.temporarily(Broken):
        summary = import_wxr([page(1, "Rye", name="rye")])
    rye = page_at("/rye/")
    assert rye.live
    text = rye.content_json.text()
    assert all(words in text for words in ("T" * 600, "Kept words", "https://x.example/a.jpg", "Inside", "Raw words"))
    assert "alert" not in text
    assert "became plain text" in messages(summary)


class CsvImporter(Importer):
    """An importer as a host writes one."""

    name = "csv-of-tests"

    def identity(self) -> str:
        return "shop"

    def items(self) -> Iterator[ImportItem]:
        for number, line in enumerate(str(self.source).splitlines(), 1):
            title, _, parent = line.partition(";")
            if title == "broken":
                raise ImportRefused("Broken line.", source="shop.csv", line=number)
            yield ImportItem(key=title, title=title, parent_key=parent or None, digest=line, line=number)

    def fill(self, item: ImportItem) -> None:
        item.blocks = [{"type": "rich_text", "props": {"html": f"<p>{item.title}</p>"}}]


def test_a_host_registers_its_own_importer(root: Any, system: Actor) -> None:
    with importers.temporarily(CsvImporter):
        assert "csv-of-tests" in importers
        source = "rye;breads\nbreads\nspelt;breads"
        report = run_import(importers["csv-of-tests"](source), parent=root, actor=system)
        assert [item.path for item in report.items] == ["/breads/", "/breads/rye/", "/breads/spelt/"]
        again = run_import(importers["csv-of-tests"](source), parent=root, actor=system)
        assert again.count("unchanged") == 3
        before = state()
        with pytest.raises(ImportRefused, match=r"shop\.csv, line 2: Broken line\."):
            run_import(importers["csv-of-tests"]("oat\nbroken"), parent=root, actor=system)
        assert state() == before
    assert not list(check_tree())


@pytest.mark.parametrize("item", [CsvImporter, ImportHook])
def test_what_is_registered_for_a_while_takes_nothing_away(item: Any) -> None:
    """Also where nothing was looked up before: in that order the importers that came meanwhile were lost."""
    fresh = ImporterRegistry()

    def ours() -> None:
        fresh.register(type("Ours", (Importer,), {"name": "ours"}))
        fresh.register(type("Hook", (ImportHook,), {}))

    fresh.discover = Autodiscovery("no_such_module", ours=ours)
    with fresh.temporarily(item):
        assert "ours" in fresh
        assert len(fresh.hooks("ours")) == 1 + (item is ImportHook)
    assert list(fresh) == ["ours"]
    assert len(fresh.hooks("ours")) == 1


def test_the_registry_says_what_is_wrong() -> None:
    importers.discover()
    with pytest.raises(TypeError, match="Register a subclass"):
        importers.register(dict)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="name is empty"):
        importers.register(type("Nameless", (Importer,), {}))
    with pytest.raises(AlreadyRegistered):
        importers.register(type("Twin", (Importer,), {"name": "wordpress"}))
    with pytest.raises(NotRegistered, match="markdown"):
        importers["joomla"]
    assert {"wordpress", "markdown", "html"} <= set(importers)


def test_public_names() -> None:
    assert all(hasattr(public, name) for name in public.__all__)
    with pytest.raises(AttributeError):
        public.nothing  # noqa: B018
