"""What django-storages and boto3 do with files where a good guess is wrong, and what is made of it."""

from __future__ import annotations

import gc
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.test import override_settings
from django.utils import timezone

from ai_cms.accounts.avatars import clean_avatar
from ai_cms.assets.checks import check_answers, check_assets
from ai_cms.assets.exceptions import StorageUnavailable
from ai_cms.assets.links import signed_link
from ai_cms.assets.models import LooseFile
from ai_cms.assets.storage import PRIVATE, PUBLIC, check_storages, open_file, storage_of, write_file
from ai_cms.assets.sweeping import sweep
from ai_cms.assets.views import media_view

from .conftest import as_upload, storages_in_buckets, uploaded
from .pictures import jpeg, png

pytest.importorskip("storages", reason="needs the extra s3")
pytestmark = pytest.mark.django_db

NAME = "ann/2026/11/note.txt"


def stored(alias: str, name: str) -> bytes:
    with open_file(alias, name) as file:
        return bytes(file.read())


def test_a_text_is_written_whole_and_files_stay_open(buckets: Any) -> None:
    # By itself boto3 sends as many bytes as there are characters.
    text = "Käse, Brötchen und Öl – für 3 €"
    write_file(PRIVATE, NAME, ContentFile(text), mime="text/plain")
    assert stored(PRIVATE, NAME) == text.encode()
    half_read = io.BytesIO(b"0123456789")
    half_read.read(5)
    write_file(PRIVATE, "ann/2026/11/half.bin", half_read, mime="application/octet-stream")
    assert stored(PRIVATE, "ann/2026/11/half.bin") == b"0123456789"
    assert not half_read.closed
    write_file(PRIVATE, "ann/2026/11/empty.bin", io.BytesIO(), mime="application/octet-stream")
    assert stored(PRIVATE, "ann/2026/11/empty.bin") == b""


def test_the_type_is_told_by_the_content_and_by_nobody_else(member: Any, client_of: Any, buckets: Any) -> None:
    answer = client_of(member).post("/api/assets/", {"file": as_upload(b"WEBVTT\n\n", "x.png", "text/html")})
    assert answer.status_code == 201
    [key] = buckets("public")
    storage: Any = storage_of(PUBLIC)
    assert storage.bucket.Object(key).content_type == "text/vtt"


def test_avatars_are_pictures_also_where_the_machine_knows_no_webp(
    server: str, buckets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mimetypes.guess_type", lambda *args, **kwargs: (None, None))
    configured = storages_in_buckets(server)
    with override_settings(STORAGES={**configured, "default": configured["assets"]}):
        made = clean_avatar(as_upload(jpeg()))
        name = storage_of("default").save("ann/avatar.webp", made)
        storage: Any = storage_of("default")
        assert storage.bucket.Object(f"media/{name}").content_type == "image/webp"


def test_names_stay_below_the_location_and_the_row_has_the_one_that_was_given(buckets: Any) -> None:
    for outside in ("../a.txt", "../../private/a.txt"):
        with pytest.raises(SuspiciousOperation):
            write_file(PRIVATE, outside, io.BytesIO(b"x"), mime="text/plain")
        with pytest.raises(SuspiciousOperation):
            open_file(PRIVATE, outside)
    LooseFile.objects.all().delete()
    assert write_file(PRIVATE, "a\\b.txt", io.BytesIO(b"x"), mime="text/plain") == "a/b.txt"
    assert LooseFile.objects.get().stored_name == "a/b.txt"
    assert buckets("private") == ["media/a/b.txt"]


def test_a_file_that_goes_while_it_is_looked_at_is_left_alone(
    member: Any, buckets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(member)
    storage: Any = storage_of(PUBLIC)
    listdir = storage.listdir

    def with_a_ghost(place: str) -> tuple[list[str], list[str]]:
        folders, files = listdir(place)
        return folders, [*files, "ghost.webp"] if files else files

    # get_modified_time() of what is missing is an error of botocore's, no FileNotFoundError.
    monkeypatch.setattr(storage, "listdir", with_a_ghost)
    later = timezone.now() + timedelta(days=1)
    report = sweep(later, listing=True)
    assert (report.deleted, report.kept) == ([], [])
    assert len(buckets("public")) == 5


@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_bucket_that_packs_what_it_keeps_gives_whole_files(
    member: Any, server: str, buckets: Any, client: Any, rf: Any
) -> None:
    pytest.importorskip("py_svg_hush", reason="needs the extra svg")
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">%s</svg>' % (
        b'<rect width="9" height="9" fill="red"/>' * 200
    )
    with override_settings(STORAGES=storages_in_buckets(server, gzip=True)):
        asset = uploaded(member, drawing, "plan.svg")
        row = asset.renditions.get()
        packed: Any = storage_of(PUBLIC)
        assert packed.bucket.Object(f"media/{row.stored_name}").content_encoding == "gzip"
        # The row says how long the drawing is; the bucket, how long it is packed.
        assert packed.size(row.stored_name) < row.size
        clean = stored(PUBLIC, row.stored_name)
        assert b"<svg" in clean
        assert len(clean) == row.size
        for response in (client.get(f"{asset.permalink}?download=1"), client.get(signed_link(asset, row))):
            body = response.getvalue()
            assert (body, int(response["Content-Length"])) == (clean, row.size)
        served = media_view(rf.get("/"), row.stored_name)
        assert served.getvalue() == clean
        assert int(served["Content-Length"]) == row.size
        for close in served._resource_closers:
            close()
        client.force_login(member)
        assert client.get(f"{asset.permalink}?original=1").getvalue() == drawing
    # django-storages closes the unpacked view of its temporary file and leaves the file to the collector.
    gc.collect()


def test_large_files_are_read_to_the_disk_and_by_several_at_once(member: Any, server: str, buckets: Any) -> None:
    data = bytes(range(256)) * 40
    write_file(PRIVATE, NAME, io.BytesIO(data), mime="text/plain")
    with (
        override_settings(STORAGES=storages_in_buckets(server, max_memory_size=1000)),
        open_file(PRIVATE, NAME) as file,
    ):
        assert file.file._rolled
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _number: stored(PRIVATE, NAME), range(8))) == [data] * 8


def test_files_are_only_read_and_written_whole(
    member: Any, buckets: Any, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    modes = []
    for alias in (PUBLIC, PRIVATE):
        storage: Any = storage_of(alias)

        def watched(name: str, mode: str = "rb", _open: Any = storage.open) -> Any:
            modes.append(mode)
            return _open(name, mode)

        monkeypatch.setattr(storage, "open", watched)
    asset = uploaded(member, png(), visibility="private")
    client.force_login(member)
    client.get(f"{asset.permalink}?original=1").getvalue()
    from ai_cms.assets.services import update_asset

    update_asset(asset, actor=member, visibility="public", focal_x=0.1)
    # Neither "ab" nor "r+b" works there.
    assert set(modes) == {"rb"}


def test_a_bucket_that_is_missing_is_found_before_something_is_spent(member: Any, server: str, buckets: Any) -> None:
    check_storages()
    assert check_answers() == []
    with override_settings(STORAGES=storages_in_buckets(server, bucket_name="nobody-made-it")):
        with pytest.raises(StorageUnavailable):
            check_storages()
        assert [message.id for message in check_answers()] == ["ai_cms_assets.W004"]
        with pytest.raises(StorageUnavailable):
            uploaded(member)


@pytest.mark.parametrize(
    ("alias", "options", "expected"),
    [
        ("assets", {"querystring_auth": True}, {"ai_cms_assets.E005"}),
        ("assets", {"querystring_auth": True, "custom_domain": "media.example.org"}, set()),
        ("private_assets", {"querystring_auth": True}, set()),
        ("private_assets", {"max_memory_size": 0}, {"ai_cms_assets.W003"}),
    ],
)
def test_checks_of_buckets(alias: str, options: dict[str, Any], expected: set[str]) -> None:
    configured = storages_in_buckets("http://127.0.0.1:1", max_memory_size=10_000_000)
    configured[alias]["OPTIONS"] |= options
    with override_settings(STORAGES=configured):
        assert {message.id for message in check_assets()} == expected
        del configured[alias]["OPTIONS"]["client_config"]
        assert {message.id for message in check_assets()} == {*expected, "ai_cms_assets.W002"}


@pytest.mark.stress
def test_a_folder_of_more_than_a_thousand_files_is_listed_whole(buckets: Any) -> None:
    storage: Any = storage_of(PUBLIC)
    client = storage.connection.meta.client
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda number: client.put_object(Bucket="public", Key=f"media/ann/2026/11/{number}.webp", Body=b""),
                range(1_030),
            )
        )
    later = timezone.now() + timedelta(days=1)
    assert len(sweep(later, listing=True, dry_run=True).deleted) == 1_030
