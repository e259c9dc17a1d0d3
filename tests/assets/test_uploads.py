"""Files come in: told by their content, stored once, never half."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from PIL import Image

from ai_cms.assets.exceptions import AssetRefused, FileTooLarge, QuotaExceeded, StorageUnavailable
from ai_cms.assets.models import LooseFile, Rendition
from ai_cms.assets.services import upload_asset
from ai_cms.assets.storage import storage_of

from .conftest import files_in, uploaded
from .pictures import jpeg, png

pytestmark = pytest.mark.django_db


def test_a_picture_has_its_sizes_and_measures_in_rows(member: Any, media: Path) -> None:
    data = jpeg(1800, 900)
    asset = uploaded(member, data, "Round_loaf.JPG", alt="A loaf")
    assert (asset.width, asset.height, asset.size) == (1800, 900, len(data))
    assert asset.sha256 == hashlib.sha256(data).hexdigest()
    assert (asset.title, asset.name, asset.mime, asset.alt) == ("Round loaf", "Round_loaf.JPG", "image/jpeg", "A loaf")
    rows = {row.spec: row for row in asset.renditions.all()}
    assert {spec: (row.width, row.height) for spec, row in rows.items()} == {
        "thumb": (200, 200), "card": (640, 400), "small": (480, 240), "medium": (960, 480), "large": (1600, 800),
    }  # fmt: skip
    for row in rows.values():
        stored = (media / "public" / row.stored_name).read_bytes()
        assert row.size == len(stored)
        assert row.url == f"/media/{row.stored_name}"
        with Image.open(io.BytesIO(stored)) as made:
            assert (made.format, made.size) == ("WEBP", (row.width, row.height))
    assert asset.placeholder.startswith("data:image/webp;base64,")
    assert len(asset.placeholder) < 400


def test_the_original_stays_private_and_untouched(member: Any, media: Path) -> None:
    data = jpeg(comment=b"mine alone")
    asset = uploaded(member, data)
    assert asset.url == ""
    assert (media / "private" / asset.stored_name).read_bytes() == data
    assert all(
        "mine alone" not in (media / "public" / name).read_bytes().decode("latin-1")
        for name in files_in(media / "public")
    )


def test_nothing_is_loose_after_an_upload(member: Any, media: Path) -> None:
    uploaded(member)
    assert not LooseFile.objects.exists()


def test_names_are_the_servers_own_below_the_owners_folder(member: Any, media: Path) -> None:
    uploaded(member, jpeg(), "../../etc/passwd.jpg")
    uploaded(member, png(), "..\\..\\windows\\x.png")
    names = [*files_in(media / "public"), *files_in(media / "private")]
    assert names
    assert all(name.startswith(f"user-{member.pk}/") and ".." not in name for name in names)


def test_the_folder_is_the_accounts_slug_where_it_has_one(member: Any, media: Path) -> None:
    member.slug = "Ann-1a2b3c4d"
    asset = uploaded(member)
    assert asset.stored_name.startswith("ann-1a2b3c4d/")


def test_the_same_file_again_is_the_one_there_is(member: Any, superuser: Any, media: Path) -> None:
    first = upload_asset(io.BytesIO(jpeg()), actor=member, name="a.jpg")
    before = files_in(media)
    again = upload_asset(io.BytesIO(jpeg()), actor=member, name="b.jpg")
    assert first.created
    assert not again.created
    assert again.asset.pk == first.asset.pk
    assert files_in(media) == before
    assert upload_asset(io.BytesIO(jpeg()), actor=superuser, name="a.jpg").created


def test_the_name_and_the_clients_type_tell_nothing(member: Any) -> None:
    assert uploaded(member, png(), "letter.pdf").mime == "image/png"
    assert uploaded(member, b"%PDF-1.7\n...", "holiday.jpg").mime == "application/pdf"


def test_no_transaction_is_open_while_the_storage_is_asked(
    member: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:

    depth = len(connection.savepoint_ids)
    seen: list[int] = []
    storage: Any = storage_of("private_assets")
    save = storage.save

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.append(len(connection.savepoint_ids))
        return save(*args, **kwargs)

    monkeypatch.setattr(storage, "save", watched)
    uploaded(member)
    assert seen == [depth]


@pytest.mark.parametrize("fails_at", [1, 2, 4])
def test_a_storage_that_fails_half_way_leaves_no_row_and_no_file(
    member: Any, media: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int, django_capture_on_commit_callbacks: Any
) -> None:
    calls = 0
    for alias in ("assets", "private_assets"):
        storage: Any = storage_of(alias)

        def failing(*args: Any, _save: Any = storage.save, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= fails_at:
                raise OSError("disk full")
            return _save(*args, **kwargs)

        monkeypatch.setattr(storage, "save", failing)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(StorageUnavailable):
        uploaded(member)
    assert not Rendition.objects.exists()
    assert files_in(media) == []


def test_a_name_that_is_taken_is_never_overwritten(member: Any, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = uploaded(member)
    data = (media / "private" / asset.stored_name).read_bytes()
    monkeypatch.setattr("ai_cms.assets.services.uploads.storage_name", lambda *args, **kwargs: asset.stored_name)
    with pytest.raises(StorageUnavailable):
        uploaded(member, png(), "other.png")
    assert (media / "private" / asset.stored_name).read_bytes() == data


def test_too_large_empty_and_unknown_files_are_refused(member: Any, media: Path) -> None:
    with pytest.raises(AssetRefused, match="empty"):
        uploaded(member, b"")
    with pytest.raises(AssetRefused, match="kind"):
        uploaded(member, b"\x7fELF\x02\x01\x01\x00")
    with override_settings(AI_CMS={"ASSET_MAX_BYTES": 1000}), pytest.raises(FileTooLarge):
        uploaded(member)
    with override_settings(AI_CMS={"ASSET_KINDS": ["image/png"]}), pytest.raises(AssetRefused, match="image/jpeg"):
        uploaded(member)
    assert files_in(media) == []


def test_the_quota_is_the_tiers(member: Any, superuser: Any) -> None:
    size = len(jpeg())
    with override_settings(AI_CMS={"ASSET_QUOTAS": {"free": size, "pro": 2 * size + 9000, "staff": None}}):
        uploaded(member)
        with pytest.raises(QuotaExceeded) as caught:
            uploaded(member, png())
        assert caught.value.body()["used"] == size
        member.subscription_tier = "pro"
        uploaded(member, png())
        uploaded(superuser)
        uploaded(superuser, png())
