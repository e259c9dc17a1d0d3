from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured

from ai_cms.core import swapping


def test_the_default_counts_without_the_setting(settings: Any) -> None:
    assert swapping.get_model_string("AI_CMS_TEST_MODEL", "auth.User") == "auth.User"
    assert swapping.get_model("AI_CMS_TEST_MODEL", "auth.User") is get_user_model()
    assert not swapping.is_swapped("AI_CMS_TEST_MODEL", "auth.User")
    settings.AI_CMS_TEST_MODEL = "auth.Group"
    assert swapping.is_swapped("AI_CMS_TEST_MODEL", "auth.User")
    assert swapping.get_model("AI_CMS_TEST_MODEL", "auth.User").__name__ == "Group"
    settings.AI_CMS_TEST_MODEL = "AUTH.user"
    assert not swapping.is_swapped("AI_CMS_TEST_MODEL", "auth.User")


@pytest.mark.parametrize("value", ["User", "a.b.User", 5, ["auth.User"]])
def test_malformed_settings_are_named(settings: Any, value: Any) -> None:
    settings.AI_CMS_TEST_MODEL = value
    with pytest.raises(ImproperlyConfigured, match="AI_CMS_TEST_MODEL must be of the form"):
        swapping.get_model_string("AI_CMS_TEST_MODEL", "auth.User")


def test_missing_models_are_named(settings: Any) -> None:
    settings.AI_CMS_TEST_MODEL = "nowhere.User"
    with pytest.raises(ImproperlyConfigured, match=r"AI_CMS_TEST_MODEL refers to model 'nowhere\.User'"):
        swapping.get_model("AI_CMS_TEST_MODEL", "auth.User")


def test_dependencies_of_migrations(settings: Any) -> None:
    found: Any = swapping.dependency("AI_CMS_TEST_MODEL", "auth.User")
    assert tuple(found) == ("auth", "__first__")
    settings.AI_CMS_TEST_MODEL = "sessions.Session"
    assert swapping.dependency("AI_CMS_TEST_MODEL", "auth.User")[0] == "sessions"


def test_the_settings_of_installed_models_are_known() -> None:
    assert all(name.startswith("AI_CMS_") for name in swapping.swappable_settings())
