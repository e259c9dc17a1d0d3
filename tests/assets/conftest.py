"""Fixtures of assets: storages in a folder of the test's own, and pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from rest_framework.test import APIClient

from ai_cms.assets.services import upload_asset

from .pictures import jpeg


@pytest.fixture(autouse=True)
def media(tmp_path: Path) -> Iterator[Path]:
    """Keep public and private files in a folder of the test's own; return it."""
    storage = "django.core.files.storage.FileSystemStorage"
    storages = {
        "default": {"BACKEND": storage},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        "assets": {"BACKEND": storage, "OPTIONS": {"location": str(tmp_path / "public"), "base_url": "/media/"}},
        "private_assets": {"BACKEND": storage, "OPTIONS": {"location": str(tmp_path / "private")}},
    }
    with override_settings(STORAGES=storages):
        yield tmp_path


def files_in(folder: Path) -> list[str]:
    """Return the names of all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def uploaded(user: Any, data: bytes | None = None, name: str = "bread.jpg", **options: Any) -> Any:
    """Take a file in as ``user`` and return the asset."""
    return upload_asset(io.BytesIO(jpeg() if data is None else data), actor=user, name=name, **options).asset


def as_upload(data: bytes, name: str = "bread.jpg", mime: str = "application/octet-stream") -> SimpleUploadedFile:
    """Return a file as a client sends it."""
    return SimpleUploadedFile(name, data, mime)


@pytest.fixture
def client_of() -> Any:
    """Return a function that makes an API client of a user."""

    def make(user: Any) -> APIClient:
        client = APIClient(enforce_csrf_checks=False)
        client.force_authenticate(user)
        return client

    return make
