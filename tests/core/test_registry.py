from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from django.apps import AppConfig, apps

from ai_cms.core.exceptions import AlreadyRegistered, NotRegistered
from ai_cms.core.registry import Autodiscovery, Registry


@pytest.fixture
def registry() -> Registry[list[int]]:
    registry: Registry[list[int]] = Registry("thing")
    registry.register("a", [1])
    return registry


def test_items_are_kept_in_order(registry: Registry[list[int]]) -> None:
    registry.register("b", [2])
    assert list(registry) == ["a", "b"]
    assert registry.items() == [("a", [1]), ("b", [2])]
    assert len(registry) == 2
    assert "a" in registry
    assert registry["a"] == [1]
    assert registry.get("c") is None


def test_a_name_is_taken_once(registry: Registry[list[int]]) -> None:
    registry.register("a", registry["a"])
    with pytest.raises(AlreadyRegistered, match="thing 'a' is already registered"):
        registry.register("a", [2])


def test_unknown_names_list_the_known(registry: Registry[list[int]]) -> None:
    with pytest.raises(NotRegistered, match=r"There is no thing 'b'\. Registered: a\."):
        registry["b"]
    with pytest.raises(KeyError):
        registry.unregister("b")
    assert str(NotRegistered()) == ""


def test_temporarily_restores_its_name_and_leaves_what_came_meanwhile(registry: Registry[list[int]]) -> None:
    with registry.temporarily("a", [9]) as item, registry.temporarily("c", [3]):
        assert registry["a"] is item
        registry.register("b", [2])
    assert registry.items() == [("a", [1]), ("b", [2])]
    with registry.temporarily("b", [5]):
        registry.unregister("b")
        registry.unregister("a")
    assert registry.items() == [("b", [2])]


def test_changes_are_told(registry: Registry[list[int]]) -> None:
    told: list[int] = []
    registry.on_change(lambda: told.append(len(registry)))
    registry.register("b", [2])
    registry.register("b", registry["b"])
    assert registry.unregister("b") == [2]
    with registry.temporarily("c", [3]):
        pass
    assert told == [2, 1, 2, 1]


def test_a_copy_is_independent(registry: Registry[list[int]]) -> None:
    told: list[int] = []
    registry.on_change(lambda: told.append(1))
    twin = registry.copy()
    twin.register("b", [2])
    assert "b" not in registry
    assert not told


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a module that autodiscovery finds in an installed app."""
    package = tmp_path / "discovered"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    found = AppConfig.create("discovered")
    monkeypatch.setattr(apps, "app_configs", {**apps.app_configs, found.label: found})
    for name in [name for name in sys.modules if name.partition(".")[0] == "discovered"]:
        monkeypatch.delitem(sys.modules, name)
    return package / "cms_things.py"


def test_autodiscovery_imports_once_and_ours_first(module: Path, registry: Registry[list[int]]) -> None:
    module.write_text("from tests.core import test_registry\ntest_registry.told.append('theirs')\n")
    told.clear()
    discover = Autodiscovery("cms_things", ours=lambda: told.append("ours"))
    discover()
    discover()
    assert told == ["ours", "theirs"]


def test_an_error_in_a_module_is_not_forgotten(module: Path) -> None:
    module.write_text("raise ValueError('the module is broken')\n")
    discover = Autodiscovery("cms_things")
    for _ in range(2):
        with pytest.raises(ValueError, match="the module is broken"):
            discover()
    module.write_text("fine = True and True\n")
    discover()


def test_threads_wait_until_everything_is_there(registry: Registry[list[int]]) -> None:
    def ours() -> None:
        discover()  # Those who register may look up.
        time.sleep(0.05)
        registry.register("late", [1])

    discover = Autodiscovery("no_such_module", ours=ours)
    seen: list[bool] = []

    def look() -> None:
        discover()
        seen.append("late" in registry)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [True] * 8


#: What the module of a test tells.
told: list[str] = []
