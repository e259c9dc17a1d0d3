"""Accounts in tests. They have settings of their own: ``pytest --ds=tests.settings.accounts tests/accounts``."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from tests.conftest import make_user

PASSWORD = "SecurePass123!"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave this folder out under settings with another user model; `make test` runs it with its own."""
    from django.conf import settings

    return None if "ai_cms.accounts" in settings.INSTALLED_APPS else True


def last_code(address: str | None = None) -> str:
    """Return the code of the last mail, of the last one to ``address`` if that is given."""
    sent = [message for message in mail.outbox if address is None or address in message.to]
    found = re.search(r"^ {4}(\d{6})$", str(sent[-1].body), re.MULTILINE)
    assert found, sent[-1].body
    return found[1]


def codes() -> list[str]:
    """Return the codes of all mails, the last first."""
    found = [re.search(r"^ {4}(\d{6})$", str(message.body), re.MULTILINE) for message in reversed(mail.outbox)]
    return [match[1] for match in found if match]


def bearer(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def post(path: str, data: Any, client: APIClient | None = None, **extra: Any) -> Any:
    return (client or APIClient()).post(f"/api/{path}", data, format="json", **extra)


def log_in(email: str, password: str = "password") -> dict[str, Any]:
    """Return what the log-in answers."""
    answer = post("users/login/", {"email": email, "password": password})
    assert answer.status_code == 200, answer.json()
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def ann(db: None) -> Any:
    """Return a user who can log in: ann@example.com, "password"."""
    return make_user("ann")


@pytest.fixture
def staff(db: None) -> Any:
    """Return staff who may see and manage users."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType

    user = make_user("staff", is_staff=True)
    kind = ContentType.objects.get_for_model(get_user_model())
    user.user_permissions.add(*Permission.objects.filter(content_type=kind))
    return user


@pytest.fixture
def picture() -> Callable[..., SimpleUploadedFile]:
    """Return a function that makes an uploaded picture; ``exif`` puts a place into it."""

    def make(kind: str = "JPEG", size: tuple[int, int] = (900, 600), exif: bool = False) -> SimpleUploadedFile:
        out = io.BytesIO()
        made = Image.new("RGB", size, "green")
        options: dict[str, Any] = {}
        if exif:
            data = Image.Exif()
            data[0x010E] = "secret-place"
            options["exif"] = data
        made.save(out, kind, **options)
        return SimpleUploadedFile(f"me.{kind.lower()}", out.getvalue(), content_type=f"image/{kind.lower()}")

    return make


@pytest.fixture(autouse=True)
def _on_commit_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let mail go out inside the transaction of a test, which never commits; tests with real transactions need no help."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or marker.kwargs.get("transaction") or "transactional_db" in request.fixturenames:
        return
    from django.db import transaction

    monkeypatch.setattr(transaction, "on_commit", lambda function, using=None, robust=False: function())


__all__ = ["PASSWORD", "bearer", "last_code", "log_in", "post"]
