"""The system checks of accounts, and the settings they know."""

from __future__ import annotations

from typing import Any

import django
import pytest
from django.contrib.auth.models import User as DjangoUser
from django.core.checks import run_checks

from ai_cms.accounts import checks
from ai_cms.core.tokens import create_token

from .conftest import bearer


def ids(messages: Any) -> set[str]:
    return {message.id for message in messages}


def test_the_settings_of_the_tests_are_clean() -> None:
    assert ids(run_checks(tags=["ai_cms"])) == set()


def test_another_user_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "get_user_model", lambda: DjangoUser)
    assert ids(checks.check_accounts()) == {"ai_cms_accounts.E001"}


def test_the_backend_that_asks_for_no_proof_is_named(settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert ids(checks.check_accounts()) == {"ai_cms_accounts.W001"}


def test_mail_that_reaches_nobody_is_named(settings: Any) -> None:
    console = "django.core.mail.backends.console.EmailBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": console}}
    else:
        settings.EMAIL_BACKEND = console
    assert ids(checks.check_deployment()) == {"ai_cms_accounts.W002"}


@pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
def test_a_mailer_that_is_not_there_is_named(settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "MAILER": "missing"}
    assert ids(checks.check_accounts()) == {"ai_cms_accounts.E002"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET_KEY", "short"),
        ("JWT_SECRET_KEY_FALLBACKS", ["short"]),
        ("JWT_REFRESH_GRACE", 45),
        ("JWT_REFRESH_GRACE", -1),
        ("MAIL_RUNNER", "carrier pigeon"),
        ("OTP_TRIES", 0),
    ],
)
def test_settings_that_would_be_unsafe_are_refused(settings: Any, name: str, value: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, name: value}
    assert "ai_cms_core.E002" in ids(run_checks(tags=["ai_cms"]))


@pytest.mark.django_db
def test_an_api_token_closes_an_account_with_the_scope_admin_alone(ann: Any) -> None:
    for scopes, status in ((["write", "publish"], 403), (["admin"], 204)):
        _token, secret = create_token(ann, scopes=scopes)
        assert bearer(secret).delete(f"/api/users/{ann.slug}/").status_code == status
