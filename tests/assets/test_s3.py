"""The same on a server that speaks S3, and when that server fails."""

from __future__ import annotations

import io
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
from django.test import override_settings
from django.utils import timezone

from ai_cms.assets import get_asset_model
from ai_cms.assets.exceptions import StorageUnavailable
from ai_cms.assets.models import LooseFile
from ai_cms.assets.services import delete_asset, replace_file, update_asset
from ai_cms.assets.storage import storage_of
from ai_cms.assets.sweeping import sweep
from config.buckets import buckets as example_buckets

from .conftest import as_upload, storages_in_buckets, uploaded
from .pictures import jpeg, png

pytest.importorskip("storages", reason="needs the extra s3")
pytestmark = pytest.mark.django_db


class FaultyServer(ThreadingHTTPServer):
    """Answer as the test asks: a function of the method and the number of the request gives the status, 0 for never."""

    daemon_threads = True

    def __init__(self, answers: Callable[[str, int], int]) -> None:
        self.answers = answers
        self.seen: list[tuple[str, Any]] = []
        self.done = threading.Event()
        super().__init__(("127.0.0.1", 0), FaultyHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class FaultyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        server = cast(FaultyServer, self.server)
        server.seen.append((self.command, self.headers))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = server.answers(self.command, len(server.seen))
        if not status:
            server.done.wait(30)
        self.send_response(status or 500)
        self.send_header("Content-Length", "9" if self.command == "HEAD" and status == 200 else "0")
        self.send_header("Connection", "close")
        self.end_headers()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def faulty(answers: Callable[[str, int], int]) -> Iterator[FaultyServer]:
    server = FaultyServer(answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.done.set()
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


@pytest.mark.parametrize("status", [500, 0], ids=["500", "hang"])
def test_a_store_that_fails_is_503_and_leaves_nothing(member: Any, client_of: Any, status: int) -> None:
    with (
        faulty(lambda method, number: status) as server,
        override_settings(STORAGES=storages_in_buckets(server.url, read_timeout=1)),
    ):
        response = client_of(member).post("/api/assets/", {"file": as_upload(jpeg())})
    assert response.status_code == 503
    assert response.json()["code"] == "storage_unavailable"
    assert response["Retry-After"] == "30"
    assert not get_asset_model().objects.exists()


def test_a_store_that_begins_to_hang_is_not_waited_for_again(
    member: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr("ai_cms.assets.storage._SLOW", 0.5)
    monkeypatch.setattr("ai_cms.assets.storage._silent", {})

    def answers(method: str, number: int) -> int:
        # The original is written; the first size is not.
        return 0 if number > 2 else 404 if method == "HEAD" else 200

    with (
        faulty(answers) as server,
        override_settings(STORAGES=storages_in_buckets(server.url, read_timeout=1)),
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(StorageUnavailable),
    ):
        uploaded(member)
    assert [method for method, _headers in server.seen] == ["HEAD", "PUT", "HEAD"]
    assert LooseFile.objects.count() == 2, "what was written is known and swept later"
    # Services that only speak S3 refuse boto3's checksums: none is sent.
    assert not [name for name in server.seen[1][1] if name.lower().startswith("x-amz-checksum")]


def test_a_private_file_whose_bucket_fails_is_503_before_anything_is_sent(
    member: Any, client: Any, buckets: Any
) -> None:
    file = uploaded(member, b"%PDF-1.7\n", "a.pdf", visibility="private")
    client.force_login(member)
    # The head comes, the file does not: django-storages fetches it when it is first read.
    with (
        faulty(lambda method, number: 200 if method == "HEAD" else 500) as server,
        override_settings(STORAGES=storages_in_buckets(server.url, read_timeout=1)),
    ):
        assert client.get(file.permalink).status_code == 503
    assert {method for method, _headers in server.seen} == {"HEAD", "GET"}


def test_the_examples_buckets_answer_within_ten_seconds() -> None:
    for storage in example_buckets(public="a", private="b").values():
        options = storage["OPTIONS"]
        config = options["client_config"]
        attempts = config.retries["total_max_attempts"]
        # For each attempt boto3 waits a second for leave to send the file; between two of them up to a second.
        assert attempts * (config.read_timeout + 1) + (attempts - 1) <= 10
        assert attempts * config.connect_timeout + (attempts - 1) <= 10
        # What was sent to a bucket that is away is sent again soon after it is back.
        assert attempts > 1
        assert config.read_timeout + 1 < 5
        assert config.request_checksum_calculation == "when_required"
        assert (options["location"], options["max_memory_size"]) == ("media", 10_000_000)


def test_a_store_that_refuses_is_503_and_pages_are_served(
    member: Any, client_of: Any, server: str, buckets: Any, client: Any
) -> None:
    asset = uploaded(member)
    with override_settings(STORAGES=storages_in_buckets("http://127.0.0.1:1")):
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
    with (
        override_settings(STORAGES=storages_in_buckets("http://127.0.0.1:1")),
        django_capture_on_commit_callbacks(execute=True),
    ):
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
