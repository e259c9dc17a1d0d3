"""Fixtures of assets: storages in a folder of the test's own, and pictures."""

from __future__ import annotations

import io
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from rest_framework.test import APIClient

from ai_cms.assets.services import upload_asset
from ai_cms.assets.storage import storage_of

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


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    moto = pytest.importorskip("moto.server", reason="needs moto's server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    # Its first answer takes seconds: it loads what it imitates.
    urllib.request.urlopen(f"http://{host}:{port}/").close()
    yield f"http://{host}:{port}"
    server.stop()


def storages_in_buckets(endpoint: str, read_timeout: int = 20, **further: Any) -> dict[str, Any]:
    from botocore.config import Config

    def bucket(name: str, **options: Any) -> dict[str, Any]:
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": name,
                "endpoint_url": endpoint,
                "access_key": "test",
                "secret_key": "test",
                "region_name": "us-east-1",
                "location": "media",
                # As a store behaves whose owner left the defaults: the same name would be overwritten.
                "file_overwrite": True,
                "client_config": Config(
                    connect_timeout=5, read_timeout=read_timeout, retries={"max_attempts": 0}, signature_version="s3v4",
                    request_checksum_calculation="when_required", response_checksum_validation="when_required",
                ),
                **options,
                **further,
            },
        }  # fmt: skip

    return {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        "assets": bucket("public", querystring_auth=False),
        "private_assets": bucket("private"),
    }


@pytest.fixture
def buckets(server: str) -> Iterator[Any]:
    """Use two empty buckets; return a function that lists one."""
    urllib.request.urlopen(urllib.request.Request(f"{server}/moto-api/reset", method="POST")).close()
    with override_settings(STORAGES=storages_in_buckets(server)):
        private: Any = storage_of("private_assets")
        for name in ("public", "private"):
            private.connection.create_bucket(Bucket=name)
        yield lambda name: sorted(item.key for item in private.connection.Bucket(name).objects.all())
