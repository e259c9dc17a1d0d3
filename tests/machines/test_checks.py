"""What the settings of machine readers may not say."""

from __future__ import annotations

from typing import Any

import pytest

from ai_cms.core.checks import check_settings
from ai_cms.machines.checks import check_machines


def test_unknown_names_in_the_policy_are_told(settings: Any) -> None:
    assert check_machines() == []
    settings.AI_CMS = {**settings.AI_CMS, "BOT_POLICY": {"GTPBot": "disallow", "training": "allow"}}
    (found,) = check_machines()
    assert found.id == "ai_cms_machines.W001" and "Do you mean 'GPTBot'?" in (found.hint or "")
    settings.AI_CMS = {**settings.AI_CMS, "BOTS": {"GTPBot": "search"}}
    assert check_machines() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"BOT_POLICY": {"training": "no"}},
        {"BOTS": {"x": "spy"}},
        {"BOTS": {"a b: c": "search"}},
        {"CONTENT_SIGNALS": {"ai-train": "no"}},
        {"CONTENT_SIGNALS": {"all": True}},
    ],
)
def test_wrong_settings_are_told(settings: Any, wrong: dict[str, Any]) -> None:
    settings.AI_CMS = {**settings.AI_CMS, **wrong}
    assert [error.id for error in check_settings()] == ["ai_cms_core.E002"]


def test_routes_behind_those_of_the_pages_are_told(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.machines.hidden_urls"
    (found,) = check_machines()
    assert found.id == "ai_cms_machines.W002" and "before the routes of the pages" in (found.hint or "")
