"""Uploads and renditions at the same time: one file, one row, one set of sizes, and no quota overdrawn."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.db.models import Sum

from ai_cms.assets import get_asset_model, get_folder_model
from ai_cms.assets.models import LooseFile, Rendition
from ai_cms.assets.services import create_folder, make_further, update_folder, upload_asset
from ai_cms.core.exceptions import RequestRefused

from .conftest import files_in
from .pictures import encoded, jpeg, picture

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Run functions in threads that start together; return results and refusals, in order."""
    start = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = work[number]()
        except RequestRefused as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_the_same_file_five_times_at_once_is_one_asset(member: Any, media: Any) -> None:
    data = jpeg()
    made = at_once(*[lambda: upload_asset(io.BytesIO(data), actor=member, name="a.jpg")] * 5)
    assert [result.created for result in made].count(True) == 1
    assert len({result.asset.pk for result in made}) == 1
    assert get_asset_model().objects.count() == 1
    assert len(files_in(media)) == 6, "the losers' files are gone"
    assert not LooseFile.objects.exists()


def test_a_quota_is_not_overdrawn_by_many_at_once(member: Any, settings: Any) -> None:
    files = [encoded(picture(100 + number, 80), "PNG") for number in range(6)]
    most = 3 * max(map(len, files))
    settings.AI_CMS = {"ASSET_QUOTAS": {"free": most}}
    made = at_once(
        *[lambda data=data: upload_asset(io.BytesIO(data), actor=member, name="a.png") for data in files]  # type: ignore[misc]
    )
    refused = [result for result in made if isinstance(result, RequestRefused)]
    assert {error.code for error in refused} == {"quota_exceeded"}
    assert 2 <= len(refused) <= 4
    assert get_asset_model().objects.aggregate(total=Sum("size"))["total"] <= most


def test_sizes_that_are_made_twice_at_once_are_there_once(member: Any, media: Any, settings: Any) -> None:
    settings.AI_CMS = {"ASSET_TASK_FORMATS": [], "ASSET_SIZES": {"thumb": {"width": 50}}}
    asset = upload_asset(io.BytesIO(jpeg()), actor=member, name="a.jpg").asset
    settings.AI_CMS = {"ASSET_TASK_FORMATS": [], "ASSET_SIZES": {"thumb": {"width": 50}, "large": {"width": 300}}}
    at_once(*[lambda: make_further(asset.pk)] * 4)
    assert Rendition.objects.count() == 2
    # What the losers made is known and goes, at the latest when the time of replaced files is over.
    assert len(files_in(media / "public")) == 2 + LooseFile.objects.count()


def test_two_moves_of_folders_never_make_a_circle(member: Any) -> None:
    for _round in range(5):
        one, two = create_folder("one", actor=member), create_folder("two", actor=member)
        at_once(
            lambda one=one, two=two: update_folder(one, actor=member, parent=two),  # type: ignore[misc]
            lambda one=one, two=two: update_folder(two, actor=member, parent=one),  # type: ignore[misc]
        )
        one.refresh_from_db()
        two.refresh_from_db()
        assert (one.parent_id, two.parent_id) in ((two.pk, None), (None, one.pk))
        get_folder_model().objects.update(parent=None)
        get_folder_model().objects.all().delete()
