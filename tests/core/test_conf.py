from __future__ import annotations

from typing import Any

import pytest

from ai_cms.core import conf
from ai_cms.core.conf import AppSettings, Setting, core_settings, declared_settings, project_settings


def test_settings_are_read_on_every_access(settings: Any) -> None:
    assert core_settings.MAINTENANCE is False
    settings.AI_CMS = {"MAINTENANCE": True}
    assert core_settings.MAINTENANCE is True
    del settings.AI_CMS
    assert core_settings.MAINTENANCE is False


def test_a_value_that_is_no_dict_counts_as_none(settings: Any) -> None:
    settings.AI_CMS = ["x"]
    assert project_settings() == {}
    assert core_settings.JSON_MAX_BYTES == 2_000_000


def test_mutable_defaults_are_not_shared() -> None:
    core_settings.RATE_LIMITS["x"] = (1, 1)
    assert core_settings.RATE_LIMITS == {}


def test_a_class_declares_by_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AppSettings, "groups", list(AppSettings.groups))

    class ExtraSettings(AppSettings):
        EXTRA = Setting(5, int, "Something extra, in apples.", validate=conf.positive)

    assert declared_settings()["EXTRA"] is ExtraSettings.EXTRA
    assert ExtraSettings.EXTRA.name == "EXTRA"
    assert ExtraSettings().EXTRA == 5
    assert ExtraSettings.EXTRA.problem(0) == "must be above zero"
    assert ExtraSettings.EXTRA.problem(None) == "must be of type int, not NoneType"


def test_no_key_is_declared_twice() -> None:
    names = [setting.name for group in AppSettings.groups for setting in group.declared()]
    assert len(names) == len(set(names))
