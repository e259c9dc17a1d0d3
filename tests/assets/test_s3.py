"""The same on a server that speaks S3, and when that server fails."""

from __future__ import annotations

import io
import threading
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from ai_cms.assets import get_asset_model
from ai_cms.assets.exceptions import StorageUnavailable
from ai_cms.assets.models import LooseFile
from ai_cms.assets.services import delete_asset, replace_file, update_asset
from ai_cms.assets.storage import storage_of
from ai_cms.assets.sweeping import sweep

from .conftest import as_upload, uploaded
from .pictures import jpeg, png

pytest.importorskip("storages", reason="needs the extra s3")
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = pytest.importorskip("moto.server", reason="needs moto's server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    # Its first answer takes seconds: it loads what it imitates.
    urllib.request.urlopen(f"http://{host}:{port}/").close()
    yield f"http://{host}:{port}"
    server.stop()


def storages(endpoint: str) -> dict[str, Any]:
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
                    connect_timeout=1, read_timeout=1, retries={"max_attempts": 0}, signature_version="s3v4",
                    request_checksum_calculation="when_required", response_checksum_validation="when_required",
                ),
                **options,
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
    with override_settings(STORAGES=storages(server)):
        private: Any = storage_of("private_assets")
        for name in ("public", "private"):
            private.connection.create_bucket(Bucket=name)
        yield lambda name: sorted(item.key for item in private.connection.Bucket(name).objects.all())


@pytest.fixture
def broken(request: Any) -> Iterator[str]:
    """Return the address of a server that does nothing but what the test asks: answer 500, or hang."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            if request.param == "hang":
                done.wait(30)
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    done.set()
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(url: str) -> tuple[bytes, Any]:
    with urllib.request.urlopen(url) as answer:
        return answer.read(), answer.headers


def test_upload_fetch_replace_and_delete(
    member: Any, client: Any, buckets: Any, django_capture_on_commit_callbacks: Any
) -> None:
    data = jpeg(1200, 600)
    asset = uploaded(member, data)
    assert len(buckets("public")) == 5
    assert len(buckets("private")) == 1
    row = asset.renditions.get(spec="large")
    # An address that does not expire and that every cache may keep: no signature.
    assert "?" not in row.url
    assert row.url.endswith(f"/public/media/{row.stored_name}")
    stored: Any = storage_of("assets")
    assert stored.bucket.Object(f"media/{row.stored_name}").content_type == "image/webp"
    private = uploaded(member, png(), visibility="private")
    assert len(buckets("public")) == 5
    client.force_login(member)
    assert client.get(f"{private.permalink}large.webp").getvalue()[:4] == b"RIFF"
    part = client.get(f"{private.permalink}?original=1", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.getvalue()) == (206, b"\x89PNG")
    with django_capture_on_commit_callbacks(execute=True):
        replace_file(asset, io.BytesIO(png(500, 250)), actor=member)
    assert asset.renditions.get(spec="large").width == 500
    assert len(buckets("private")) == 2 + 5
    with django_capture_on_commit_callbacks(execute=True):
        update_asset(private, actor=member, visibility="public")
    assert len(buckets("private")) == 2
    for each in (asset, private):
        with django_capture_on_commit_callbacks(execute=True):
            delete_asset(each, actor=member)
    assert buckets("private") == []
    assert len(buckets("public")) == 5, "the replaced sizes stay for a while"
    assert not sweep().deleted
    assert len(sweep(timezone.now() + timedelta(days=31)).deleted) == 5
    assert buckets("public") == []
    assert not LooseFile.objects.exists()


def test_the_same_name_is_never_overwritten(member: Any, buckets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = uploaded(member)
    monkeypatch.setattr("ai_cms.assets.services.uploads.storage_name", lambda *args, **kwargs: asset.stored_name)
    with pytest.raises(StorageUnavailable):
        uploaded(member, png())
    private: Any = storage_of("private_assets")
    with private.open(asset.stored_name) as file:
        assert file.read() == jpeg()


def test_files_that_no_row_knows_are_found_by_listing(member: Any, buckets: Any) -> None:
    uploaded(member)
    storage: Any = storage_of("assets")
    storage.save("someone/2026/11/left-over.webp", io.BytesIO(b"x"))
    storage.save("another-program/data.bin", io.BytesIO(b"x"))
    later = timezone.now() + timedelta(days=1)
    assert sweep(later, listing=True, dry_run=True).deleted == ["assets: someone/2026/11/left-over.webp"]
    sweep(later, listing=True)
    assert "media/someone/2026/11/left-over.webp" not in buckets("public")
    assert "media/another-program/data.bin" in buckets("public")
    assert len(buckets("public")) == 6


@pytest.mark.parametrize("broken", ["500", "hang"], indirect=True)
def test_a_store_that_fails_is_503_and_leaves_nothing(member: Any, client_of: Any, broken: str) -> None:
    with override_settings(STORAGES=storages(broken)):
        response = client_of(member).post("/api/assets/", {"file": as_upload(jpeg())})
    assert response.status_code == 503
    assert response.json()["code"] == "storage_unavailable"
    assert response["Retry-After"] == "30"
    assert not get_asset_model().objects.exists()


def test_a_store_that_refuses_is_503_and_pages_are_served(
    member: Any, client_of: Any, server: str, buckets: Any, client: Any
) -> None:
    asset = uploaded(member)
    with override_settings(STORAGES=storages("http://127.0.0.1:1")):
        api = client_of(member)
        assert api.post("/api/assets/", {"file": as_upload(png())}).status_code == 503
        # What is read comes from rows.
        assert api.get("/api/assets/").json()["results"][0]["id"] == asset.pk
        assert client.get(asset.permalink).status_code == 302
        assert sweep(timezone.now() + timedelta(days=1)).kept
    assert LooseFile.objects.exists()
    sweep(timezone.now() + timedelta(days=1))
    assert not LooseFile.objects.exists()
    assert (len(buckets("public")), len(buckets("private"))) == (5, 1)


def test_a_deletion_that_fails_is_made_up_for(
    member: Any, buckets: Any, django_capture_on_commit_callbacks: Any
) -> None:
    asset = uploaded(member)
    with override_settings(STORAGES=storages("http://127.0.0.1:1")), django_capture_on_commit_callbacks(execute=True):
        delete_asset(asset, actor=member)
    assert not get_asset_model().objects.exists()
    assert LooseFile.objects.count() == 6
    sweep()
    assert (buckets("public"), buckets("private")) == ([], [])


def test_a_direct_upload_goes_to_the_bucket_and_is_looked_at_when_complete(
    member: Any, superuser: Any, client_of: Any, buckets: Any, django_capture_on_commit_callbacks: Any
) -> None:
    api = client_of(member)
    data = jpeg(900, 600)
    reserved = api.post(
        "/api/assets/uploads/", {"name": "Big.jpg", "size": len(data), "title": "Big one"}, format="json"
    )
    assert reserved.status_code == 201
    form = reserved.json()
    complete = f"/api/assets/uploads/{form['id']}/complete/"
    assert api.post(complete).json()["code"] == "upload_expired"
    send_form(form["url"], form["fields"], data)
    assert client_of(superuser).post(complete).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        response = api.post(complete)
    assert response.status_code == 201
    asset = response.json()
    assert (asset["title"], asset["width"], asset["name"]) == ("Big one", 900, "Big.jpg")
    assert api.post(complete).json()["id"] == asset["id"]
    assert (len(buckets("public")), len(buckets("private"))) == (5, 1)
    assert not LooseFile.objects.exists()


def send_form(url: str, fields: dict[str, str], data: bytes) -> None:
    """Post a form as a browser does."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(b'--x\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + data + b"\r\n--x--\r\n")
    request = urllib.request.Request(
        url, b"".join(parts), {"Content-Type": "multipart/form-data; boundary=x"}, method="POST"
    )
    urllib.request.urlopen(request).close()
