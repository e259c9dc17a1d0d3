"""The media library, and posts and portfolios as lists: what other apps keep, through their own services and rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ai_cms.assets import get_folder_model, get_image_model
from ai_cms.core.permissions import Actor
from ai_cms.llm.models import Run, RunStatus
from ai_cms.pages import services
from ai_cms.posts.services import create_category, create_post
from tests.assets.conftest import media, uploaded
from tests.assets.pictures import jpeg
from tests.studio.desk.conftest import browser_of, reread

__all__ = ["media"]

pytestmark = pytest.mark.django_db
Url = Callable[..., str]
SYSTEM = Actor.system("tests")


def test_files_are_uploaded_found_described_and_put_into_folders(gardener: Any, url: Url) -> None:
    client, script = browser_of(gardener), browser_of(gardener, accept="application/json")
    assert "Nothing is here yet" in client.get(url("media")).content.decode()
    sent = SimpleUploadedFile("fern.jpg", jpeg(), "image/jpeg")
    made = script.post(url("upload"), {"file": sent})
    assert made.status_code == 201, made.content
    picture = get_image_model().objects.get(pk=made.json()["id"])
    page = client.get(url("media"), {"q": "fern"}).content.decode()
    assert "No text" in page
    assert url("asset", picture.pk) in page
    assert "Pictures without a text" in client.get(url("home")).content.decode()

    client.post(url("folder"), {"name": "Ferns"})
    folder = get_folder_model().objects.get(name="Ferns")
    form = {
        "title": "A fern", "alt": "A fern in the shade", "caption": "", "credit": "", "tags": "green, Shade",
        "visibility": "public", "focal_x": "50", "focal_y": "50", "folder": folder.pk,
    }  # fmt: skip
    assert client.post(url("asset", picture.pk), {**form, "title": ""}).status_code == 200
    assert client.post(url("asset", picture.pk), form).status_code == 302
    inside = client.get(url("media"), {"folder": folder.pk}).content.decode()
    assert "A fern" in inside
    assert "No text" not in inside
    assert "A fern" in client.get(url("media"), {"q": "shade"}).content.decode()
    assert "A fern" not in client.get(url("media"), {"kind": "file"}).content.decode()
    assert "A fern" not in client.get(url("media"), {"alt": "missing"}).content.decode()
    found = script.get(url("switch"), {"q": "fern"}).json()["groups"]
    assert [item["url"] for group in found if group["label"] == "Media" for item in group["items"]] == [
        url("asset", picture.pk)
    ]


def test_what_is_no_picture_is_refused_by_its_name(gardener: Any, url: Url) -> None:
    script = browser_of(gardener, accept="application/json")
    answer = script.post(url("upload"), {"file": SimpleUploadedFile("x.exe", b"MZ\x00\x01" * 40)})
    assert answer.status_code >= 400
    assert "x.exe" in answer.json()["detail"]
    assert script.post(url("upload"), {}).status_code == 400
    assert not get_image_model().objects.exists()


def test_a_file_is_deleted_once_its_uses_were_seen(gardener: Any, tree: Any, url: Url) -> None:
    picture = uploaded(gardener)
    content = [{"id": "b-1", "type": "image", "props": {"src": picture.reference, "alt": "Bread"}}]
    services.update_page(tree["ferns"], actor=SYSTEM, content=content)
    client = browser_of(gardener)
    assert "Ferns" in client.get(url("asset", picture.pk)).content.decode()
    question = client.post(url("asset-delete", picture.pk)).content.decode()
    assert "Ferns" in question
    assert "show a gap" in question
    assert get_image_model().objects.filter(pk=picture.pk).exists()
    client.post(url("asset-delete", picture.pk), {"confirmed": "1"})
    assert not get_image_model().objects.filter(pk=picture.pk).exists()


def test_files_of_others_are_theirs(gardener: Any, writer: Any, url: Url) -> None:
    private = uploaded(writer, visibility="private")
    client = browser_of(gardener)
    for answer in (
        client.get(url("asset", private.pk)),
        client.post(url("asset", private.pk), {"title": "Mine"}),
        client.post(url("asset-delete", private.pk), {"confirmed": "1"}),
    ):
        assert answer.status_code == 404
    assert private.title not in client.get(url("media")).content.decode()


def test_the_grid_asks_the_same_whatever_its_length(
    gardener: Any, url: Url, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        uploaded(gardener, jpeg(64 + number, 48), name=f"{number}.jpg")
    client = browser_of(gardener)
    client.get(url("media"))
    with django_assert_max_num_queries(14):
        client.get(url("media"))


def test_posts_are_a_list_with_their_filters(boss: Client, site: Any, url: Url) -> None:
    create_category(actor=SYSTEM, name="Bread", slug="bread")
    create_post(actor=SYSTEM, site=site, title="Sourdough", is_published=True, fields={"categories": []})
    rye = create_post(actor=SYSTEM, site=site, title="Rye")
    from ai_cms.posts import get_category_model

    rye.categories.add(get_category_model().objects.get(slug="bread"))
    everything = boss.get(url("posts")).content.decode()
    assert "Sourdough" in everything
    assert "Rye" in everything
    drafts = boss.get(url("posts"), {"status": "draft"}).content.decode()
    assert "Sourdough" not in drafts
    assert "Rye" in drafts
    filed = boss.get(url("posts"), {"category": "bread"}).content.decode()
    assert ">Rye</a>" in filed
    assert "Sourdough" not in filed
    assert "Nothing fits" in boss.get(url("posts"), {"q": "cactus"}).content.decode()
    assert url("act", rye.pk, "publish") in everything


def test_portfolios_are_a_list(boss: Client, superuser: Any, site: Any, url: Url) -> None:
    from ai_cms.portfolio.services import create_portfolio

    assert "no portfolio yet" in boss.get(url("portfolios")).content.decode()
    made = create_portfolio(actor=superuser, title="Ada Marsh")
    assert "Ada Marsh" in boss.get(url("portfolios")).content.decode()
    services.delete_page(reread(made), actor=SYSTEM)
    assert "Ada Marsh" not in boss.get(url("portfolios")).content.decode()


def test_writing_that_failed_is_told_to_whom_it_failed(gardener: Any, writer: Any, tree: Any, url: Url) -> None:
    Run.objects.create(
        handler="draft", user=gardener, status=RunStatus.ERROR, error_detail="The model is away.", target_label="Ferns"
    )
    assert "The model is away." in browser_of(gardener).get(url("home")).content.decode()
    assert "The model is away." not in browser_of(writer).get(url("home")).content.decode()
