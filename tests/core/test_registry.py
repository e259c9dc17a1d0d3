from __future__ import annotations

import pytest

from ai_cms.core.exceptions import AlreadyRegistered, NotRegistered
from ai_cms.core.registry import Registry


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


def test_temporarily_restores_everything(registry: Registry[list[int]]) -> None:
    with registry.temporarily("a", [9]) as item:
        assert registry["a"] is item
        registry.register("b", [2])
    assert registry.items() == [("a", [1])]


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
