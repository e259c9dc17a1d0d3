from __future__ import annotations

from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import override_settings

from ai_cms.core import checks
from ai_cms.core.conf import declared_settings


def found(check: Any) -> list[tuple[str, str, str]]:
    return [(message.id, message.msg, message.hint) for message in check()]


def test_the_defaults_pass() -> None:
    assert not found(checks.check_settings)
    assert not found(checks.check_swapped_models)
    assert not found(checks.check_references)
    assert not found(checks.check_deployment)


def test_sqlite_waits_only_in_immediate_mode(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"transaction_mode": "IMMEDIATE"}}
    monkeypatch.setitem(settings.DATABASES, "other", sqlite)
    assert not found(checks.check_deployment)
    monkeypatch.setitem(settings.DATABASES, "other", {"ENGINE": "django.db.backends.sqlite3"})
    [(id, message, hint)] = found(checks.check_deployment)
    assert id == "ai_cms_core.W011"
    assert "'other'" in message
    assert "IMMEDIATE" in hint


def test_they_are_registered() -> None:
    assert {checks.check_settings, checks.check_deployment} <= set(_registered())
    call_command("check", tags=["ai_cms"])


def _registered() -> Any:
    from django.core.checks.registry import registry

    return registry.get_checks(include_deployment_checks=True)


def test_a_setting_that_is_no_dict(settings: Any) -> None:
    settings.AI_CMS = ["MAINTENANCE"]
    [(id, message, hint)] = found(checks.check_settings)
    assert id == "ai_cms_core.E001"
    assert "not list" in message
    assert hint


def test_an_unknown_key_names_the_closest(settings: Any) -> None:
    settings.AI_CMS = {"MAINTENANSE": True, "zzz": 1}
    first, second = found(checks.check_settings)
    assert first[0] == second[0] == "ai_cms_core.W001"
    assert first[2] == "Did you mean 'MAINTENANCE'?"
    assert "settings.md" in second[2]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("MAINTENANCE", 1, "must be of type bool, not int"),
        ("JSON_MAX_BYTES", True, "must be of type int, not bool"),
        ("JSON_MAX_BYTES", "1", "must be of type int, not str"),
        ("JSON_MAX_DEPTH", 0, "must be above zero"),
        ("TRUSTED_PROXY_COUNT", -1, "must not be negative"),
        ("API_AUTHENTICATION_CLASSES", "a.b", "must be of type list or tuple"),
        ("API_AUTHENTICATION_CLASSES", ["a"], "must hold dotted paths"),
        ("MAINTENANCE_EXEMPT_PATHS", ["a"], "must hold paths"),
        ("RATE_LIMITS", {"x": 5}, "has 5 for 'x'"),
        ("RATE_LIMITS", {"x": (5, 0)}, "has (5, 0)"),
        ("RATE_LIMITS", {"x": (5, "m")}, "has (5, 'm')"),
        ("TASK_BACKEND", None, "must be of type str"),
    ],
)
def test_wrong_values(settings: Any, key: str, value: Any, words: str) -> None:
    settings.AI_CMS = {key: value}
    [(id, message, hint)] = found(checks.check_settings)
    assert id == "ai_cms_core.E002"
    assert f"AI_CMS['{key}']" in message
    assert words in message
    assert "Default:" in hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RATE_LIMITS", {"x": (5, 60), "y": [1, 1], "z": None}),
        ("API_AUTHENTICATION_CLASSES", ("a.b",)),
        ("TRUSTED_PROXY_COUNT", 0),
    ],
)
def test_right_values(settings: Any, key: str, value: Any) -> None:
    settings.AI_CMS = {key: value}
    assert not found(checks.check_settings)


def test_each_default_passes_its_own_check() -> None:
    for name, setting in declared_settings().items():
        assert setting.problem(setting.default) is None, name
        assert setting.help.endswith("."), name


def test_settings_beside_the_dict(settings: Any) -> None:
    settings.AI_CMS_MAINTENANCE = True
    [(id, message, hint)] = found(checks.check_swapped_models)
    assert id == "ai_cms_core.W002"
    assert "AI_CMS_MAINTENANCE" in message
    assert "dict AI_CMS" in hint


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Page", "E003"), (5, "E003"), ("a.b.C", "E003"), ("nowhere.Page", "E004"), ("auth.User", None)],
)
def test_swapped_models(settings: Any, monkeypatch: pytest.MonkeyPatch, value: Any, expected: str | None) -> None:
    known = [*checks.swappable_settings(), "AI_CMS_TEST_MODEL"]
    monkeypatch.setattr(checks, "swappable_settings", lambda: known)
    settings.AI_CMS_TEST_MODEL = value
    ids = [id for id, _message, _hint in found(checks.check_swapped_models)]
    assert ids == ([f"ai_cms_core.{expected}"] if expected else [])


def test_a_mistyped_swap_is_found(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [*checks.swappable_settings(), "AI_CMS_TEST_MODEL"]
    monkeypatch.setattr(checks, "swappable_settings", lambda: known)
    settings.AI_CMS_TESTS_MODEL = "auth.User"
    [(_id, _message, hint)] = found(checks.check_swapped_models)
    assert hint == "Did you mean 'AI_CMS_TEST_MODEL'?"


def test_authentication_classes_must_exist(settings: Any) -> None:
    settings.AI_CMS = {"API_AUTHENTICATION_CLASSES": ["ai_cms.core.api.authentication.Nope"]}
    [(id, message, _hint)] = found(checks.check_references)
    assert id == "ai_cms_core.E005"
    assert "Nope" in message


def test_the_task_backend_must_exist(settings: Any) -> None:
    settings.AI_CMS = {"TASK_BACKEND": "slow"}
    [(id, _message, hint)] = found(checks.check_references)
    assert id == "ai_cms_core.E006"
    assert "default" in hint


def test_the_order_of_middleware(settings: Any) -> None:
    name = "ai_cms.core.middleware.MaintenanceMiddleware"
    settings.MIDDLEWARE = [name, *settings.MIDDLEWARE]
    assert [id for id, _message, _hint in found(checks.check_references)] == ["ai_cms_core.W003"]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[1:], name]
    assert not found(checks.check_references)


def test_a_body_larger_than_django_takes(settings: Any) -> None:
    settings.AI_CMS = {"JSON_MAX_BYTES": 9_000_000}
    assert [id for id, _message, _hint in found(checks.check_references)] == ["ai_cms_core.W004"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    assert not found(checks.check_references)


def test_silent_pages_of_the_admin_are_asked_for(settings: Any) -> None:
    private, sessions = "ai_cms.core.middleware.PrivateResponseMiddleware", settings.MIDDLEWARE[1]
    [(id, _message, hint)] = found(checks.check_private_answers)
    assert (id, private in hint) == ("ai_cms_core.W012", True)
    settings.MIDDLEWARE = [private, sessions]
    assert [id for id, _message, _hint in found(checks.check_private_answers)] == ["ai_cms_core.W012"]
    settings.MIDDLEWARE = [sessions, private]
    assert not found(checks.check_private_answers)
    settings.MIDDLEWARE = []
    assert not found(checks.check_private_answers)
    assert "ai_cms_core.W012" not in [message.id for message in run_checks(tags=["ai_cms"])]


def test_without_the_admin_no_page_of_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.apps, "is_installed", lambda name: name != "django.contrib.admin")
    assert not found(checks.check_private_answers)


def test_proxies(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert [id for id, _message, _hint in found(checks.check_deployment)] == ["ai_cms_core.W010"]
    settings.AI_CMS = {"TRUSTED_PROXY_COUNT": 1}
    assert not found(checks.check_deployment)
    assert "ai_cms_core.W010" not in [message.id for message in run_checks(tags=["ai_cms"])]


@pytest.mark.parametrize(
    ("app", "missing"),
    [
        ("ai_cms.assist", "'ai_cms.core', 'ai_cms.blocks', 'ai_cms.llm', 'ai_cms.pages'"),
        ("ai_cms.pages", "'ai_cms.core', 'ai_cms.blocks'"),
        ("ai_cms.transfer", "'ai_cms.core', 'ai_cms.blocks', 'ai_cms.pages'"),
        ("ai_cms.llm", "'ai_cms.core'"),
        ("ai_cms.blocks", "'ai_cms.core'"),
    ],
)
def test_an_app_names_those_it_needs(app: str, missing: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        Apps([app])
    assert str(refused.value) == f"{app} needs {missing}: add {missing} to INSTALLED_APPS."


def test_the_rest_interface_needs_its_app(monkeypatch: pytest.MonkeyPatch) -> None:
    is_installed = checks.apps.is_installed
    monkeypatch.setattr(checks.apps, "is_installed", lambda name: name != "rest_framework" and is_installed(name))
    [(id, _message, hint)] = found(checks.check_references)
    assert (id, hint) == ("ai_cms_core.E007", "Add 'rest_framework' to INSTALLED_APPS.")
    with override_settings(ROOT_URLCONF="tests.core.bare_urls"):
        assert not found(checks.check_references)
